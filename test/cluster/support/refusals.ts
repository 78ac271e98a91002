import assert from 'node:assert/strict';
import { runCli } from '../../../lab/cli.ts';
import type { ErrorCode } from '../../../src/domain/errors.ts';
import { VERSION } from '../../../src/domain/version.ts';
import { errorBody, findingsResult } from './results.ts';

export interface Refusal {
  readonly code: ErrorCode;
  readonly exit: number;
  /** The whole message, or a pattern of it where it holds what a test cannot know. */
  readonly message: string | RegExp;
}

/** That a command refuses in JSON and in text, with the error's own exit status. */
export async function assertRefuses(
  directory: string,
  args: readonly string[],
  { code, exit, message }: Refusal,
): Promise<string> {
  const run = await runCli(directory, [...args, '--output', 'json']);
  assert.equal(run.status, exit, run.stderr || run.stdout);
  const { error, ...envelope } = errorBody.parse(JSON.parse(run.stdout));
  assert.deepEqual(envelope, { kassette: VERSION, command: args[0], ok: false });
  assert.deepEqual([error.code, error.exit], [code, exit]);
  assertMessage(error.message, message);
  const text = `error ${code} (exit status ${exit}): ${error.message}\nhint: ${error.hint}\n`;
  assert.ok(run.stderr.endsWith(text), run.stderr);
  return error.hint;
}

/** after-restore and plan refuse alike and say that nothing was changed; before-restore only reports it. */
export async function assertNotRestorable(
  directory: string,
  refusal: Refusal,
  options: readonly string[] = [],
): Promise<void> {
  const [hint] = await Promise.all([
    assertRefuses(directory, ['after-restore', ...options], refusal),
    assertRefuses(directory, ['plan', ...options], refusal),
  ]);
  assert.match(hint, /^Nothing was changed\. /);
  const run = await runCli(directory, ['before-restore', ...options, '--output', 'json']);
  assert.equal(run.status, 0, run.stderr);
  const { findings } = findingsResult.parse(JSON.parse(run.stdout).result);
  assert.deepEqual(
    findings.map((f) => [f.ok, f.code, f.hint]),
    [[false, refusal.code, hint]],
  );
  assertMessage(findings[0]?.message ?? '', refusal.message);
}

function assertMessage(actual: string, expected: string | RegExp): void {
  if (typeof expected === 'string') assert.equal(actual, expected);
  else assert.match(actual, expected);
}
