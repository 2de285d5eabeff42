/** From stage to stage: an experiment goes on only after the very same one has passed where less can be hurt. */
import { type Stage, stages } from '../../proto/stage.ts';
import { inDays } from './days.ts';

/** A run of this content whose hypothesis held. */
export interface Pass {
  readonly runId: string;
  readonly stage: Stage;
  readonly endedAtUnixMs: number;
}

/** The rollback of this content, run alone. */
export interface Rehearsal {
  readonly rehearsalId: string;
  readonly stage: Stage;
  readonly isPassed: boolean;
  readonly atUnixMs: number;
}

export interface PromotionRules {
  /** How long a pass and a rehearsal count. */
  readonly withinMs: number;
}

export interface PromotionCase {
  readonly to: Stage;
  readonly contentDigest: string;
  readonly hasRollback: boolean;
  readonly passes: readonly Pass[];
  readonly rehearsals: readonly Rehearsal[];
  readonly nowUnixMs: number;
}

export interface Promotion {
  /** Absent for the first stage. */
  readonly from?: Stage;
  readonly pass?: Pass;
  readonly rehearsal?: Rehearsal;
  /** Why not; empty when it may. */
  readonly reasons: readonly string[];
  readonly remedies: readonly string[];
}

export function stageBefore(stage: Stage): Stage | undefined {
  return stages[stages.indexOf(stage) - 1];
}

export function judgePromotion(wanted: PromotionCase, { withinMs }: PromotionRules): Promotion {
  const { to, contentDigest, nowUnixMs } = wanted;
  const from = stageBefore(to);
  if (from === undefined) return { reasons: [], remedies: [] };
  const days = inDays(withinMs);
  const isRecent = (atUnixMs: number): boolean => nowUnixMs - atUnixMs <= withinMs;
  const passes = newestFirst(
    wanted.passes.filter((each) => each.stage === from),
    (each) => each.endedAtUnixMs,
  );
  const pass = passes.find((each) => isRecent(each.endedAtUnixMs));
  const rehearsals = newestFirst(
    wanted.rehearsals.filter((each) => each.stage === from),
    (each) => each.atUnixMs,
  );
  const rehearsal = rehearsals.find((each) => each.isPassed && isRecent(each.atUnixMs));
  const needsRehearsal = wanted.hasRollback && !rehearsal;
  const old = passes[0] && !pass ? `; the last pass is ${inDays(nowUnixMs - passes[0].endedAtUnixMs)} old` : '';
  return {
    from,
    ...(pass ? { pass } : {}),
    ...(rehearsal ? { rehearsal } : {}),
    reasons: [
      ...(pass ? [] : [`0 passes of ${short(contentDigest)} in ${from} within ${days}, at least 1 needed${old}`]),
      ...(needsRehearsal ? [`0 rehearsals of its rollback in ${from} within ${days}, at least 1 needed`] : []),
    ],
    remedies: [
      ...(pass ? [] : [`run this very file in ${from} until its hypothesis holds; only parameters may differ`]),
      ...(needsRehearsal ? [`leash rehearse FILE in ${from}`] : []),
    ],
  };
}

function newestFirst<Item>(items: readonly Item[], atUnixMs: (item: Item) => number): readonly Item[] {
  return [...items].sort((one, other) => atUnixMs(other) - atUnixMs(one));
}

function short(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
