import { conclude, runProgram, runTests, type Tally } from './suites.ts';

/** For every commit, about a minute: format, lint, layers, types, unit and contract tests. */
export async function check(): Promise<readonly Tally[]> {
  return [
    await runProgram('format, lint and layers', 'biome', ['check', '--error-on-warnings', '.']),
    await runProgram('types', 'tsc', ['-p', '.']),
    await runTests('unit and contract tests', ['test/unit/**/*.test.ts', 'test/contract/**/*.test.ts'], 4),
  ];
}

if (import.meta.main) conclude(await check());
