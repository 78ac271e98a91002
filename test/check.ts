import { conclude, runProgram, runTests } from './suites.ts';

// For every commit, under a minute: format, lint, layers, types, unit and contract tests.
conclude([
  await runProgram('format, lint and layers', 'biome', ['check', '--error-on-warnings', '.']),
  await runProgram('types', 'tsc', ['-p', '.']),
  await runTests('unit and contract tests', ['test/unit/*.test.ts', 'test/contract/*.test.ts'], 2),
]);
