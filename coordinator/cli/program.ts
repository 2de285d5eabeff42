/** `leash`: one command a file, and one place where everything that goes wrong becomes a message and an exit code. */
import { Command } from 'commander';
import { addAbortCommand } from './abort-command.ts';
import { addApprovalsCommand } from './approvals-command.ts';
import { addApproveCommand } from './approve-command.ts';
import { addAuditCommand } from './audit-command.ts';
import { addCaCommand } from './ca-command.ts';
import { addCanCommand } from './can-command.ts';
import { addCatalogCommand } from './catalog-command.ts';
import type { CliContext } from './context.ts';
import { addDemoCommand } from './demo-command.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addDrillCommand } from './drill-command.ts';
import { exitCodeHelp, exitCodes } from './exit-code.ts';
import { failureReport } from './failure-report.ts';
import { addHaltCommand } from './halt-command.ts';
import { addHostsCommand } from './hosts-command.ts';
import { addIntentCommand } from './intent-command.ts';
import { addJoinTokenCommand } from './join-token-command.ts';
import { addLearnCommand } from './learn-command.ts';
import { addLoginCommand } from './login-command.ts';
import { addPlanCommand } from './plan-command.ts';
import type { Programs } from './programs.ts';
import { addPromoteCommand } from './promote-command.ts';
import { addPsCommand } from './ps-command.ts';
import { addRearmCommand } from './rearm-command.ts';
import { addRehearseCommand } from './rehearse-command.ts';
import { addReportCommand } from './report-command.ts';
import { addResolveCommand } from './resolve-command.ts';
import { addRunCommand } from './run-command.ts';
import { addRunsCommand } from './runs-command.ts';
import { addSchemaCommand } from './schema-command.ts';
import { addServeCommand } from './serve-command.ts';
import { addShowCommand } from './show-command.ts';
import { addStartCommand } from './start-command.ts';
import { addSubmitCommand } from './submit-command.ts';
import { createTerminal, type TerminalStreams } from './terminal.ts';
import { addTokenCommand } from './token-command.ts';
import { version } from './version.ts';
import { addWatchCommand } from './watch-command.ts';
import { addWhoamiCommand } from './whoami-command.ts';
import { addWhyNotCommand } from './why-not-command.ts';

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
    await createProgram(context, programs).parseAsync(words, { from: 'user' });
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

/** The whole command line, for whoever runs it or describes it. */
export function createProgram(context: CliContext, programs: Programs): Command {
  const program = new Command('leash')
    .description('Fault injection that always lets go.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(leash COMMAND --help says more)')
    .addHelpText('after', exitCodeHelp);
  addDemoCommand(program, context, programs);
  addServeCommand(program, context, programs);
  addHostsCommand(program, context);
  addPsCommand(program, context);
  addPlanCommand(program, context);
  addWhyNotCommand(program, context);
  addRunCommand(program, context);
  addSubmitCommand(program, context);
  addApproveCommand(program, context);
  addApprovalsCommand(program, context);
  addIntentCommand(program, context);
  addStartCommand(program, context);
  addRunsCommand(program, context);
  addShowCommand(program, context);
  addWatchCommand(program, context);
  addAbortCommand(program, context);
  addReportCommand(program, context);
  addCatalogCommand(program, context);
  addLearnCommand(program, context);
  addPromoteCommand(program, context);
  addRehearseCommand(program, context);
  addHaltCommand(program, context);
  addDoctorCommand(program, context);
  addDrillCommand(program, context);
  addRearmCommand(program, context);
  addResolveCommand(program, context);
  addAuditCommand(program, context);
  addLoginCommand(program, context, programs);
  addWhoamiCommand(program, context);
  addCanCommand(program, context);
  addCaCommand(program, context);
  addJoinTokenCommand(program, context);
  addTokenCommand(program, context);
  addSchemaCommand(program, context);
  return program;
}
