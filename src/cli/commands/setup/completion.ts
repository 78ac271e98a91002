import { completionScript } from '../../completion.ts';
import { printCommand } from '../../descriptor.ts';
import { COMPLETION } from '../../flags/setup.ts';

export const completionCommand = printCommand({
  name: 'completion',
  summary: 'Print a script that completes commands and options in a shell.',
  section: 'Set up:',
  flags: COMPLETION,
  examples: ['source <(kassette completion bash)', 'kassette completion fish | source'],
  print: ({ shell }, { commands }) => completionScript(commands, shell),
});
