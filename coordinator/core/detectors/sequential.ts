/**
 * An anytime-valid test of "this is still what the baseline was": a conformal test martingale. Each observation is ranked
 * among all before it; while nothing has changed every rank is as likely as any other, so nobody who bets on high ranks gets
 * rich. The statistic is what such a gambler made of 1.
 *
 * What buys the stated rate: that baseline and observations are *exchangeable* — independent draws from one distribution,
 * whatever it is; no shape, mean or variance is assumed, and no minimum length of the baseline. Then each p-value is
 * uniform and independent of those before it, the wealth is a martingale from 1, and by Ville's inequality the chance that
 * it *ever* reaches 1/α is at most α, however long one watches and whenever one looks. Ties are broken by numbers that do
 * not depend on the data. Samples that depend on each other (windows that overlap, a load that drifts) void the rate: so
 * observations are spaced at least a window apart, and the rate is measured on recorded runs besides.
 */
import type { DetectorKind } from './detector-kind.ts';

export interface SequentialSettings {
  /** α: of runs in which nothing changes, at most this share is alarmed in. From 0 to 1. */
  readonly falseAborts: number;
}

interface SequentialState {
  /** The baseline and every observation since, in order of badness. */
  readonly past: readonly number[];
  /** What lies beside, and what is on each bet; in all the statistic. */
  readonly wealth: readonly number[];
  readonly observations: number;
  readonly tieSeed: number;
}

/** A bet with exponent ε pays ε·p^(ε−1): the smaller the exponent, the more it wants the very worst ranks. */
const exponents = [1, 0.6, 0.35, 0.15];
const wealthAtStart = [0.4, 0.2, 0.2, 0.2];
/** Of all wealth, dealt out anew after each observation, so that a change that comes late finds something to bet. */
const sharedEachTime = 0.01;
/** Beyond, the wealth stays as it is, which keeps the rate; a day of observations every ten seconds. */
const observationsMax = 10_000;

export const sequential: DetectorKind<SequentialSettings, SequentialState> = {
  summary:
    'Bets on the ranks of the observations among all before them; alarms when the wealth reaches 1/falseAborts. In a run in which nothing changes it ever does so with at most that probability, if observations are exchangeable with the baseline.',
  source:
    'V. Vovk, I. Nouretdinov, A. Gammerman, Testing Exchangeability On-Line, ICML 2003; bets dealt out anew as in V. Vovk, Testing Randomness Online, Statistical Science 36 (2021); the bound: J. Ville 1939, see A. Ramdas, P. Grünwald, V. Vovk, G. Shafer, Game-Theoretic Statistics and Safe Anytime-Valid Inference, Statistical Science 38 (2023)',
  baselineMin: 20,
  start: (baseline) => ({
    past: [...baseline].sort((one, other) => one - other),
    wealth: wealthAtStart,
    observations: 0,
    tieSeed: 1,
  }),
  /** The best that can come: each observation is worse than all before it, and every tie is broken for the worse. */
  alarmsAfter(baseline, { falseAborts }) {
    let wealth: readonly number[] = wealthAtStart;
    for (let count = 1; count < observationsMax; count += 1) {
      wealth = dealt(paid(wealth, tieLeast / (baseline.length + count)));
      if (sumOf(wealth) >= 1 / falseAborts) return count;
    }
    return observationsMax;
  },
  observe(state, badness, { falseAborts }) {
    const threshold = Math.log10(1 / falseAborts);
    const next = state.observations < observationsMax ? advanced(state, badness) : state;
    const wealth = sumOf(next.wealth);
    const statistic = Math.log10(wealth);
    const isAlarm = wealth >= 1 / falseAborts;
    const because = `the odds against "nothing has changed" are ${odds(wealth)} after ${next.observations} observations; the threshold is ${odds(1 / falseAborts)}, reached in at most ${percentText(falseAborts)} of runs in which nothing changes`;
    return { state: next, sight: { statistic, threshold, isAlarm, because } };
  },
};

/** Of a tie at least this much counts: what one observation can prove is bounded, and a p-value is never too small. */
const tieLeast = 0.05;

function advanced({ past, wealth, observations, tieSeed }: SequentialState, badness: number): SequentialState {
  const [from, to] = [firstAtLeast(past, badness), firstAbove(past, badness)];
  const worse = past.length - to;
  const equal = to - from + 1;
  const seed = (Math.imul(tieSeed, 1_664_525) + 1_013_904_223) >>> 0;
  // Rounded up, so that the p-value is never too small; uniform but for that.
  const tie = Math.max(tieLeast, (seed + 1) / 4_294_967_296);
  const p = (worse + tie * equal) / (past.length + 1);
  return {
    past: [...past.slice(0, from), badness, ...past.slice(from)],
    wealth: dealt(paid(wealth, p)),
    observations: observations + 1,
    tieSeed: seed,
  };
}

function paid(wealth: readonly number[], p: number): readonly number[] {
  return wealth.map((each, index) => {
    const exponent = exponents[index] ?? 1;
    return each * exponent * p ** (exponent - 1);
  });
}

function dealt(wealth: readonly number[]): readonly number[] {
  const all = sumOf(wealth);
  return wealth.map((each, index) => (1 - sharedEachTime) * each + sharedEachTime * all * (wealthAtStart[index] ?? 0));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The first place at which nothing smaller follows. */
function firstAtLeast(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAbove(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function odds(wealth: number): string {
  return `${wealth >= 100 ? Math.round(wealth) : Number(wealth.toPrecision(3))} to 1`;
}

function percentText(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
