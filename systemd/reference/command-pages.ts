/** The command line as its programs print it themselves: each command with what its --help says. */
import type { Command } from 'commander';

const helpWidth = 100;

/** One section a command, in the order of the program; subcommands stand below theirs. */
export function commandSections(program: Command): string {
  return [...sectionsOf(program, [])].join('\n');
}

function* sectionsOf(command: Command, parents: readonly string[]): Generator<string> {
  const words = [...parents, command.name()];
  const isGroup = command.commands.length > 0 && parents.length > 0;
  yield `${parents.length === 0 ? '##' : '###'} ${words.join(' ')}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`;
  for (const child of command.commands) yield* sectionsOf(child, isGroup || parents.length === 0 ? words : parents);
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => helpWidth,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}
