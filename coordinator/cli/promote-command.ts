import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { isStage, type Stage, stages } from '../../proto/stage.ts';
import { type PromotionDocument, promotionDocument } from '../client/programme-document.ts';
import { loadExperiment } from '../experiment/load-experiment.ts';
import type { PlaybookText } from '../experiment/playbook.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { exitCodes, usageFailure } from './exit-code.ts';
import { readExperimentFile } from './experiment-argument.ts';
import type { Terminal } from './terminal.ts';
import { bad, good, strong } from './text.ts';
import { timestamp } from './time-text.ts';

interface PromoteOptions extends ConnectionOptions {
  readonly to?: string;
  readonly write?: boolean;
}

export function addPromoteCommand(program: Command, context: CliContext): void {
  withConnection(program.command('promote'))
    .description('whether this experiment may go on to the next stage, and by which run')
    .argument('<file>', 'an experiment file, as it was run')
    .option('--to <stage>', 'the stage after its own, unless said')
    .option('--write', 'on success, change the line `stage:` of the file, and nothing else')
    .addHelpText(
      'after',
      helpText(
        'The same experiment, parameters apart, must have passed the stage before, and its rollback rehearsed there. A parameter says where and never what: stage; labels and names of targets.hosts; where a probe or a rollback call goes (url, address, host, port); the seed of a draw.',
        'JSON: { accepted, experiment, contentDigest, from, to, passedRunId, passedAtUnixMs, rehearsalId, reasons, remedies }. Exits with 3 when it is refused.',
      ),
    )
    .action(async (path: string, options: PromoteOptions) => {
      const { file, experiment } = readExperimentFile(path, context);
      const stage = stageOf(options.to, experiment.stage);
      const reply = await withCoordinator(context, options, (coordinator) =>
        coordinator.call(coordinatorService.promote, { ...file, stage }, deadlinesMs.ask),
      );
      const promotion = promotionDocument(reply);
      if (promotion.accepted && options.write) writeStage(path, stage, file.playbooks);
      if (options.json) context.terminal.document(promotion);
      else printPromotion(context.terminal, promotion, options.write === true ? path : undefined);
      if (!promotion.accepted) context.exitWith(exitCodes.refused);
    });
}

/** @throws CliFailure */
function stageOf(asked: string | undefined, current: Stage): Stage {
  const stage = asked ?? stages[stages.indexOf(current) + 1];
  if (stage === undefined) throw usageFailure(`${current} is the last stage`);
  if (!isStage(stage)) throw usageFailure(`--to must be one of ${stages.join(', ')}, not "${stage}"`);
  return stage;
}

function writeStage(path: string, stage: Stage, playbooks: readonly PlaybookText[]): void {
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(/^(stage:[ \t]*)(["']?)[a-z-]+\2/m, `$1${stage}`);
  if (loadExperiment(path, changed, playbooks).stage !== stage)
    throw usageFailure(`${path}: the line stage: was not found; change it by hand`);
  writeFileSync(path, changed);
}

function printPromotion(terminal: Terminal, promotion: PromotionDocument, written: string | undefined): void {
  const { accepted, experiment, from, to, passedRunId, passedAtUnixMs, rehearsalId, reasons, remedies } = promotion;
  terminal.line(strong(experiment), `  ${promotion.contentDigest}`);
  if (passedRunId !== null) terminal.line(`passed ${from} as ${passedRunId}, ${timestamp(passedAtUnixMs ?? 0)}`);
  if (rehearsalId !== null) terminal.line(`its rollback was rehearsed there as ${rehearsalId}`);
  for (const reason of reasons) terminal.line(bad('refused'), `  ${reason}`);
  for (const remedy of remedies) terminal.line('  → ', remedy);
  if (accepted) terminal.line(good('accepted'), ` for ${to}`, written === undefined ? '' : `; ${written} says so now`);
}
