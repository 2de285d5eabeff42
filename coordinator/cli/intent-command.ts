import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { intentNamespace, intentText } from '../../proto/intent.ts';
import { parseDurationMs } from '../../proto/quantity.ts';
import { coordinatorService } from '../../proto/services.ts';
import { isStage } from '../../proto/stage.ts';
import { planDocument } from '../client/plan-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { usageFailure } from './exit-code.ts';
import { readExperimentFile } from './experiment-argument.ts';
import { timestamp } from './time-text.ts';

interface IntentOptions extends ConnectionOptions {
  readonly fleet: string;
  readonly valid: string;
  readonly from?: string;
  readonly runs: string;
}

const secondMs = 1000;
const validMaxMs = 30 * 24 * 3_600_000;

export function addIntentCommand(program: Command, context: CliContext): void {
  withConnection(program.command('intent'))
    .description('write the intent for the scope of an experiment as it is now, to be signed; nothing is touched')
    .argument('<file>', 'an experiment file')
    .requiredOption('--fleet <name>', 'the fleet that it is for')
    .option('--valid <duration>', 'how long it holds', '24h')
    .option('--from <time>', 'when it begins to hold, such as 2026-11-27T15:00:00Z; now unless said')
    .option('--runs <count>', 'how many runs it is for', '1')
    .addHelpText(
      'after',
      helpText(
        `The intent is all that is written to standard output: leash intent FILE --fleet NAME > NAME.json. Sign it by ssh-keygen -Y sign -n ${intentNamespace} -f KEY NAME.json, which writes NAME.json.sig and which every host takes whose policy pins KEY, or commit it with git commit -S, which the coordinator takes, and hosts whose policy has intents.commitFolder.`,
        'What is signed is the scope as the coordinator plans it now, its hosts among it. Read it before you sign it: leash plan FILE.',
      ),
    )
    .action(async (file: string, options: IntentOptions) => {
      const { file: experiment } = readExperimentFile(file, context);
      const validMs = parseDurationMs(options.valid, '--valid', { minimum: 60 * secondMs, maximum: validMaxMs });
      const fromUnixMs = options.from === undefined ? Date.now() : Date.parse(options.from);
      if (!Number.isFinite(fromUnixMs)) throw usageFailure(`--from must be a time such as 2026-11-27T15:00:00Z`);
      const runs = Number(options.runs);
      if (!Number.isInteger(runs) || runs < 1 || runs > 1000) throw usageFailure('--runs must be 1 to 1000');
      const {
        scopeDigest,
        stage,
        experiment: name,
      } = await withCoordinator(context, options, async (coordinator) =>
        planDocument(await coordinator.call(coordinatorService.planExperiment, experiment, deadlinesMs.askFleet)),
      );
      if (!isStage(stage)) throw usageFailure(`the coordinator knows a stage ${stage} that this leash does not`);
      const text = intentText({
        fleet: options.fleet,
        experiment: name,
        scopeDigest,
        stage,
        notBefore: timestamp(fromUnixMs),
        notAfter: timestamp(fromUnixMs + validMs),
        runs,
        nonce: randomBytes(16).toString('hex'),
      });
      // As it is to be signed, to the byte.
      context.terminal.raw(text);
    });
}
