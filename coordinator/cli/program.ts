/** `leash`: one command a file, and one place where everything that goes wrong becomes a message and an exit code. */
import { Command } from 'commander';
import { commands } from './commands.ts';
import type { CliContext } from './context.ts';
import { exitCodeHelp, exitCodes } from './exit-code.ts';
import { failureReport } from './failure-report.ts';
import type { Programs } from './programs.ts';
import { createTerminal, type TerminalStreams } from './terminal.ts';
import { version } from './version.ts';

/** Runs one command line (without the two words of Node). @returns the exit code; never throws. */
export async function runCli(words: readonly string[], streams: TerminalStreams, programs: Programs): Promise<number> {
  const terminal = createTerminal(streams);
  let exitCode: number = exitCodes.done;
  const context: CliContext = {
    terminal,
    environment: streams.environment,
    renewLogin: programs.renewLogin,
    exitWith(code) {
      exitCode = code;
    },
  };
  try {
    const program = await createProgram(context, programs, words[0]);
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    const { exitCode: code, messages, shownAs, problems, refusals } = failureReport(error);
    const prefix = shownAs === 'ours' ? 'leash: ' : '';
    const lines = messages.flatMap((message) => message.split('\n'));
    if (shownAs !== 'already') for (const line of lines) terminal.remark(prefix, line);
    if (words.includes('--json') && code !== exitCodes.done) {
      terminal.document({ error: { exitCode: code, message: messages.join('\n'), problems, refusals } });
    }
    return code;
  }
}

/**
 * The whole command line, for whoever describes it.
 * @param word the first one that was given: of a command, that command alone is there.
 */
export async function createProgram(context: CliContext, programs: Programs, word = ''): Promise<Command> {
  const one = Object.hasOwn(commands, word) ? commands[word] : undefined;
  const wanted = one ? [one] : Object.values(commands);
  const program = new Command('leash')
    .description('Fault injection that always lets go.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(leash COMMAND --help says more)')
    .addHelpText('after', exitCodeHelp);
  for (const load of wanted) (await load())(program, context, programs);
  return program;
}
