/** The command line of `leash-agent`: one line a command. */
import { Command, type CommanderError, Option } from 'commander';
import { conditionsHelp } from '../../proto/conditions-help.ts';
import { queryOptionsHelp, verifyOptionsHelp, type WrittenQuery, type WrittenVerify } from '../../shared/audit-tool.ts';
import { faultKinds } from '../faults/index.ts';
import { limits } from '../limits/index.ts';
import { dropIns, dropInText } from './drop-ins.ts';
import { exitCodes } from './exit-code.ts';
import { faultSchemaDocument } from './fault-schema.ts';
import { faultTable } from './fault-table.ts';
import { parseJoin, type WrittenJoin } from './join-options.ts';
import { limitTable } from './limit-table.ts';
import { defaultDirectories, parseOptions, type WrittenOptions } from './options.ts';
import { agentUnit } from './unit.ts';
import { version } from './version.ts';

export function buildProgram(): Command {
  const program = new Command('leash-agent')
    .description('Fault injection that always lets go: the agent of this host.')
    .version(version)
    .showHelpAfterError('(leash-agent --help lists the commands)')
    .exitOverride(leave);

  withDirectories(program.command('serve'))
    .description('serve the API until stopped')
    .option('--listen <HOST:PORT>', 'also listen here, by mutual TLS (env LEASH_LISTEN)', process.env.LEASH_LISTEN)
    .option('--tls <DIR>', 'ca.crt, NAME.crt and NAME.key (role agent; env LEASH_TLS)', process.env.LEASH_TLS)
    .option('--host-name <NAME>', 'the name of this host (env LEASH_HOST_NAME)', process.env.LEASH_HOST_NAME)
    .option('--tether <PID>', 'stop when this process, which must be the parent, ends')
    .addOption(new Option('--tether-kill', 'die with it, also while stopped').hideHelp())
    .action((written: WrittenOptions) => run(async () => (await import('./run.ts')).serve(parseOptions(written))));

  withDirectories(program.command('join'))
    .description('get a certificate from a fleet and become one of its hosts, by a token of `leash join-token`')
    .argument('<coordinator>', 'HOST:PORT, its --http')
    .option('--token-file <FILE>', 'where the token is; standard input without it, so that no list of processes has it')
    .option('--host-name <NAME>', 'what the fleet calls this host', process.env.LEASH_HOST_NAME)
    .option(
      '--listen <HOST:PORT>',
      'where its agent answers; port 7443 of the address that faces the coordinator without it',
    )
    .option('--label <KEY=VALUE...>', 'labels of this host, beside those of the token and of its policy')
    .addOption(
      new Option('--labels-from <SOURCE...>', 'more labels: of the cloud that it runs in, of the machine').choices(
        labelSourceNames,
      ),
    )
    .option('--allow <ADDRESS...>', 'who else may reach the agent, such as where `leash halt --direct` comes from')
    .option('--no-restart', 'write the files, and leave the service as it is')
    .option('--json', 'one JSON document')
    .action((coordinator: string, written: WrittenJoin) =>
      run(async () => (await import('./join.ts')).join(parseJoin(coordinator, written), written.json === true)),
    );

  program
    .command('labels')
    .description('print what a cloud, or the machine, says of this host: what join takes by --labels-from')
    .addOption(new Option('--from <SOURCE...>', 'whom to ask').choices(labelSourceNames).default(['cloud', 'machine']))
    .option('--json', 'one JSON document')
    .action(({ from, json }: Json & { from: readonly string[] }) =>
      run(async () => (await import('./labels.ts')).printLabels(from, json === true)),
    );

  withDirectories(program.command('check'))
    .description('explain the policy, and which faults this host can do with which binding')
    .option('--json', 'one JSON document')
    .action((written: WrittenOptions & Json) =>
      run(async () => (await import('./check.ts')).check(parseOptions(written), written.json === true)),
    );

  withDirectories(program.command('status'))
    .description('what is held, by which binding, until when')
    .option('--json', 'one JSON document')
    .action((written: WrittenOptions & Json) =>
      run(async () => (await import('./status.ts')).status(parseOptions(written), written.json === true)),
    );

  withDirectories(program.command('ps'))
    .description('which processes a selector would match, and which of them are protected')
    .argument('[conditions...]', 'such as name=nginx or parent.name=supervisor')
    .option('--json', 'one JSON document')
    .addHelpText('after', `\n${conditionsHelp}`)
    .action((words: readonly string[], written: WrittenOptions & Json) =>
      run(async () => (await import('./ps.ts')).listProcesses(parseOptions(written), words, written.json === true)),
    );

  withDirectories(program.command('halt'))
    .description('let go of everything on this host and refuse new faults; works when the agent hangs')
    .option('--reason <TEXT>', 'for the audit', '')
    .option('--json', 'one JSON document')
    .action((written: WrittenOptions & Json & { reason: string }) =>
      run(async () => (await import('./halt.ts')).halt(parseOptions(written), written.reason, written.json === true)),
    );

  withDirectories(program.command('rearm'))
    .description('release the halt latch of this host')
    .option('--reason <TEXT>', 'for the audit', '')
    .option('--json', 'one JSON document')
    .action((written: WrittenOptions & Json & { reason: string }) =>
      run(async () => (await import('./rearm.ts')).rearm(parseOptions(written), written.reason, written.json === true)),
    );

  withDirectories(program.command('restore'))
    .description('undo what the journal holds; needs no agent (ExecStartPre= and ExecStopPost= of the unit)')
    .option('--json', 'one JSON document')
    .action((written: WrittenOptions & Json) =>
      run(async () => (await import('./restore.ts')).restore(parseOptions(written), written.json === true)),
    );

  addAudit(program);

  program
    .command('selftest')
    .description('kill, hang and starve a second agent on this host, and see whether it keeps its promises')
    .option('--json', 'one JSON document')
    .addOption(new Option('--small-disk <PID>', 'only the full disk, in a mount namespace of its own').hideHelp())
    .action((written: Json & { smallDisk?: string }) =>
      run(async () => (await import('./selftest/selftest.ts')).selftest(written.json === true, written.smallDisk)),
    );

  program
    .command('unit')
    .description('print the systemd unit, made from the needs of the faults')
    .addOption(new Option('--drop-in <NAME>', 'a drop-in instead').choices(dropIns.map(({ name }) => name)))
    .action(({ dropIn: name }: { dropIn?: string }) => {
      const dropIn = dropIns.find((one) => one.name === name);
      process.stdout.write(dropIn ? dropInText(dropIn, faultKinds) : agentUnit(faultKinds));
    });

  program
    .command('faults')
    .description('print the faults with their parameters, bindings and needs, as Markdown')
    .option('--json', 'the JSON Schema of their parameters instead')
    .action(({ json }: Json) => {
      const text = json ? `${JSON.stringify(faultSchemaDocument(faultKinds))}\n` : faultTable(faultKinds);
      process.stdout.write(text);
    });

  program
    .command('limits')
    .description('print the limits of a host, and the keys of the policy that sets them, as Markdown')
    .action(() => {
      process.stdout.write(limitTable(limits));
    });

  return program;
}

/** Loaded with what asks them, which is not small; a test keeps this in step. */
export const labelSourceNames: readonly string[] = ['cloud', 'aws', 'gce', 'azure', 'machine'];

interface Json {
  readonly json?: boolean;
}

/** Needs no agent, and works on copies of another host's files as well. */
function addAudit(program: Command): void {
  const audit = program.command('audit').description('who did what on this host: check it, search it, take it along');
  const add = (name: string, description: string, options: readonly (readonly [string, string])[]): Command => {
    const command = withDirectories(audit.command(name))
      .description(description)
      .argument('[path...]', 'audit files or state directories, instead of the one of --state-dir')
      .option('--json', 'one JSON document');
    for (const [flags, help] of options) command.option(flags, help);
    return command;
  };
  const paths = (given: readonly string[], { stateDir }: WrittenOptions): readonly string[] =>
    given.length > 0 ? given : [stateDir];
  add('verify', 'find edits, reorders, removals, rollbacks and cuts; say what nothing vouches for', verifyOptionsHelp)
    .addHelpText('after', '\nExits with 2 for an audit that is not intact.')
    .action((given: readonly string[], written: WrittenOptions & WrittenVerify & Json) =>
      run(async () => (await import('./audit.ts')).verifyAudit(paths(given, written), written, written.json === true)),
    );
  add('search', 'the records that fit all that is asked for', queryOptionsHelp).action(
    (given: readonly string[], written: WrittenOptions & WrittenQuery & Json) =>
      run(async () => (await import('./audit.ts')).searchAudit(paths(given, written), written, written.json === true)),
  );
  add('export', 'the records that fit, one JSON object a line', queryOptionsHelp).action(
    (given: readonly string[], written: WrittenOptions & WrittenQuery & Json) =>
      run(async () => (await import('./audit.ts')).exportAudit(paths(given, written), written)),
  );
}

function withDirectories(command: Command): Command {
  return command
    .option('--state-dir <DIR>', 'journal, audit and latch', process.env.LEASH_STATE_DIR ?? defaultDirectories.stateDir)
    .option('--run-dir <DIR>', 'socket and HALT file', process.env.LEASH_RUN_DIR ?? defaultDirectories.runDir)
    .option(
      '--config-dir <DIR>',
      'policy.yaml and HALT file',
      process.env.LEASH_CONFIG_DIR ?? defaultDirectories.configDir,
    )
    .exitOverride(leave);
}

/** Commander's own code for wrong usage is 1, which means "deviated" here. */
function leave(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? exitCodes.done : exitCodes.usage);
}

async function run(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    process.stderr.write(`leash-agent: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = exitCodes.usage;
  }
}
