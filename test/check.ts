import { conclude, runProgram, runTests, type Tally } from './suites.ts';

/** For every commit, about a minute: format, lint, layers, types, unit and contract tests. */
export async function check(): Promise<readonly Tally[]> {
  const looks = [
    runProgram('format, lint and layers', 'biome', ['check', '--error-on-warnings', '.']),
    runProgram('types', 'tsc', ['-p', '.']),
  ];
  return [
    ...(await Promise.all(looks)),
    await runTests('unit and contract tests', ['test/contract/**/*.test.ts'], {
      concurrency: 4,
      together: ['test/unit/**/*.test.ts'],
    }),
  ];
}

if (import.meta.main) conclude(await check());
