import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterRestore } from '../../src/engine/verbs/after-restore.ts';
import { beforeBackup } from '../../src/engine/verbs/before-backup.ts';
import { verify } from '../../src/engine/verbs/verify.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { clustersOf, type Size } from './clusters.ts';

// One backup and one restore of simulated clusters, in a process of its own; prints what they cost as JSON.
//   node test/scale/main.ts '{"nodes":1000,"tables":500,"sstables":2,"clusters":[1],"latencyMs":0}'
const size = JSON.parse(process.argv[2] ?? '') as Size;
const directory = mkdtempSync(join(tmpdir(), 'kassette-scale-'));
const options = {
  datacenters: [],
  timeoutMs: 60_000,
  concurrency: 32,
  signal: new AbortController().signal,
  tag: undefined,
  method: undefined,
  recover: 'never',
  confirm: async () => false,
  keepDisplaced: false,
  elsewhere: false,
  keepExtra: false,
  verify: size.deep ? 'full' : 'quick',
  reserveBytes: 0,
} as const;

const measure = async (work: (ports: Ports) => Promise<object>) => {
  const { ports, counter } = simulated;
  counter.calls.clear();
  counter.mostAtOnce.clear();
  const used = process.cpuUsage();
  const startedAt = ports.clock.now();
  const result = await work(ports);
  const { user, system } = process.cpuUsage(used);
  return {
    tag: 'tag' in result ? String(result.tag) : '',
    cpuSeconds: (user + system) / 1e6,
    simulatedSeconds: (ports.clock.now().getTime() - startedAt.getTime()) / 1000,
    calls: Object.fromEntries(counter.calls),
    mostAtOnce: Object.fromEntries(counter.mostAtOnce),
  };
};
const verifyAll = (ports: Ports, tag: string) =>
  verify(ports, { ...options, from: { kind: 'backup', tag }, deep: true });
const simulated = clustersOf(directory, size);
try {
  const backup = await measure((ports) => beforeBackup(ports, options));
  const verified = size.deep ? await measure((ports) => verifyAll(ports, backup.tag)) : null;
  const restore = await measure((ports) => afterRestore(ports, options));
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  console.log(JSON.stringify({ backup, verified, restore, peakMb: Number(peak) / 1024 }));
} finally {
  rmSync(directory, { recursive: true });
}
