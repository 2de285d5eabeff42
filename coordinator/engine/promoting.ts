/** Whether an experiment may go on to a stage, and by which runs: the question of the promotion gate, asked by itself. */
import { type Stage, stages } from '../../proto/stage.ts';
import { defaultRules } from '../core/programme-rules.ts';
import { judgePromotion, type Promotion } from '../core/promotion.ts';
import type { ExperimentText } from './experiment-file.ts';
import type { EnginePorts } from './ports.ts';
import { withoutProgramme } from './programme-port.ts';

export interface PromotionOrder extends ExperimentText {
  readonly to: Stage;
  readonly by: string;
}

export interface PromotionAnswer extends Promotion {
  readonly experiment: string;
  readonly contentDigest: string;
  readonly to: Stage;
}

/** @throws whatever the reader says of the file. */
export async function promote(ports: EnginePorts, order: PromotionOrder): Promise<PromotionAnswer> {
  const { clock, store, programme = withoutProgramme } = ports;
  const experiment = ports.experiments.load(order.name, order.text, order.playbooks);
  const contentDigest = programme.contentDigest(experiment);
  const [passes, rehearsals] = await Promise.all([
    programme.records.passes(contentDigest),
    programme.records.rehearsals(contentDigest),
  ]);
  const wanted = {
    to: order.to,
    contentDigest,
    hasRollback: (experiment.rollback ?? []).length > 0,
    passes,
    rehearsals,
    nowUnixMs: clock.unixMs(),
  };
  const promotion = judgePromotion(
    wanted,
    programme.rules.promotion ?? (defaultRules.promotion as { withinMs: number }),
  );
  const skipped = stages.indexOf(order.to) > stages.indexOf(experiment.stage) + 1;
  const reasons = [
    ...promotion.reasons,
    ...(skipped ? [`the file is of ${experiment.stage}, and goes one stage at a time, not to ${order.to}`] : []),
  ];
  const verdict =
    reasons.length === 0
      ? `accepted by ${promotion.pass?.runId ?? 'being the first stage'}`
      : `refused: ${reasons.join('; ')}`;
  const detail = `${experiment.name} ${contentDigest} to ${order.to}: ${verdict}`;
  await store.audit({ by: order.by, action: 'promote', subject: experiment.name, detail });
  return { ...promotion, reasons, experiment: experiment.name, contentDigest, to: order.to };
}
