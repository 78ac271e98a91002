import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { logbackXml } from '../../cassandra/settings.ts';
import type { NodeFile } from '../../cluster/node-file.ts';
import { empty, json, text } from '../answer.ts';
import type { Call, Route } from '../route.ts';

/*
 * No management API has these: a Cassandra that replays segments of the commit log on its own, and ends. See `Replay.java`.
 */
export const REPLAY_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/lab/v0/replay', produces: 'text', operation: '', handle: start },
  { method: 'GET', path: '/lab/v0/replay', produces: 'json', operation: '', handle: look },
];

/** It becomes lines of files. */
const path = z.string().regex(/^\/[^\n\r]+$/);
const request = z.object({
  pass: z.enum(['schema', 'all']),
  /** As `restore_point_in_time` has it: UTC, whole seconds. */
  to: z.string().regex(/^\d{4}(:\d\d){2} \d\d(:\d\d){2}$/),
  microseconds: z.string().regex(/^\d+$/),
  log: path,
  skip: z.array(z.string().regex(/^system\.\w+$/)),
  segments: z.array(z.object({ path, last: z.boolean() })),
});

/** How much of the console says why a replay failed. */
const LINES = 12;

async function start({ connection, body }: Call) {
  if (connection.process.pid !== undefined) return empty(409);
  const { pass, to, microseconds, log, skip, segments } = request.parse(body());
  const home = homeOf(connection.node);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  mkdirSync(log, { recursive: true });
  const write = (name: string, lines: readonly string[]) =>
    writeFileSync(join(home, name), `${lines.join('\n')}\n`);
  write('logback.xml', [logbackXml(join(connection.node.logs, 'replay.log'))]);
  write('commitlog_archiving.properties', [`restore_point_in_time=${to.replaceAll(':', '\\:')}`]);
  const dropped = droppedOf(connection.node);
  if (pass === 'schema') rmSync(dropped, { force: true });
  write('request.properties', [
    ...[`pass=${pass}`, `microseconds=${microseconds}`, `log=${log}`, `skip=${skip.join(',')}`],
    `dropped=${dropped}`,
  ]);
  writeFileSync(
    join(home, 'segments'),
    segments.map((s) => `${s.last ? 'last' : 'more'} ${s.path}\n`).join(''),
  );
  write('console', [String(statSync(consoleOf(connection.node), { throwIfNoEntry: false })?.size ?? 0)]);
  connection.forget();
  connection.process.start([], home);
  return text('OK\n', 201);
}

/** 204 while it runs; then what it reports, or the end of what it printed, which is behind what others did. */
async function look({ connection }: Call) {
  if (connection.process.pid !== undefined) return empty(204);
  const home = homeOf(connection.node);
  const report = join(home, 'report.json');
  if (existsSync(report)) return json(JSON.parse(readFileSync(report, 'utf8')));
  const start = Number(readFileSync(join(home, 'console'), 'utf8'));
  const printed = readFileSync(consoleOf(connection.node)).subarray(start).toString().trimEnd().split('\n');
  const from = printed.findLastIndex((line) => line.startsWith('The replay failed:'));
  return text(printed.slice(from).slice(0, LINES).join('\n'), 500);
}

const homeOf = ({ run }: NodeFile) => join(run, 'replay');

/** What the pass `schema` has for the pass `all`: tables that are not there at the target. */
const droppedOf = ({ run }: NodeFile) => join(run, 'replay-dropped');

const consoleOf = ({ logs }: NodeFile) => join(logs, 'console.log');
