/** Burns CPU time in threads of the holder. */
import { InvalidInput } from '../../proto/invalid-input.ts';
import type { Burning } from '../holders/stress-kernel.ts';
import type { FaultKind, Figure, Sight } from './fault-kind.ts';
import { nativeCalls } from './needs.ts';
import { count, duration, type ParametersOf, percent } from './parameter.ts';
import { seeHolderGone } from './seen-holder.ts';

const parameters = {
  cores: count({ minimum: 1, maximum: 4096, isOptional: true, summary: 'Threads that burn; all CPUs when left out.' }),
  load: percent({
    minimum: 1,
    maximum: 100,
    isOptional: true,
    summary: 'Of one CPU, in each thread; 100% when left out.',
  }),
  percent: percent({
    minimum: 1,
    maximum: 100,
    isOptional: true,
    summary: 'Of all CPUs of the host together, evenly; instead of cores and load.',
  }),
  ramp: duration({
    minimum: 0,
    maximum: 3_600_000,
    fallback: 0,
    summary: 'The load rises evenly from nothing in that time.',
  }),
};

/** A thread at a small load is on a CPU for a moment of each period only. */
const looksAtOnce = 20;
/** Long enough to tell a load by, to within a point. */
const measureMs = 250;
/** Percent of one CPU: less than this is the unrest of a host, and no competition. */
const shortfallMin = 3;

export const stressCpu: FaultKind<typeof parameters> = {
  kind: 'stress.cpu',
  summary: 'Burns CPU time at an exact share.',
  aim: 'host',
  bindings: ['kernel'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls],
  parameters,
  check({ cores, load, percent: share }) {
    if (share !== undefined && (cores !== undefined || load !== undefined)) {
      throw new InvalidInput('parameters.percent', `${share}%`, 'must be left out beside cores or load');
    }
  },
  magnitude(parsed, { cpus }) {
    const { threads, loadPercent } = burning(parsed, cpus);
    return { cpuPercent: (threads * loadPercent) / cpus };
  },

  async hold({ kernel, parameters: parsed }) {
    const order = burning(parsed, kernel.cpus());
    const burners = kernel.burnCpu(order);
    await burners.begun;
    const rising = order.rampMs === 0 ? '' : `, reached in ${order.rampMs} ms`;
    return {
      touched: [`${order.threads} threads at ${order.loadPercent} % of a CPU each${rising}`],
      release: () => burners.stop(),
      finished: burners.failed,
    };
  },

  gauge: ({ host, holders: [holder] }) => holder && host.ranMs(holder),

  seeEffect(sight) {
    const { host, holders, gauged } = sight;
    const [holder] = holders;
    const ranMs = holder && host.ranMs(holder);
    if (gauged?.touched && ranMs !== undefined) {
      const now = { value: ranMs, atBootMs: host.bootMs() };
      if (now.atBootMs - gauged.touched.atBootMs < measureMs) return { isSeen: false, seen: 'its load is measured' };
      return { isSeen: now.value > gauged.touched.value, seen: loadSeen(sight, gauged.touched, now) };
    }
    for (let look = 0; holder && look < looksAtOnce; look++) {
      const seen = host.threads(holder);
      const burning = seen.kind === 'gone' ? 0 : seen.states.filter((state) => state === 'R').length;
      if (burning > 0) return { isSeen: true, seen: `${burning} threads on a CPU, or waiting for one` };
    }
    return { isSeen: false, seen: 'no thread is on a CPU' };
  },

  seeRestored(sight) {
    const { touched, ending } = sight.gauged ?? {};
    const wasMeasured = touched && ending && ending.atBootMs - touched.atBootMs >= measureMs;
    const load = wasMeasured ? `; ${loadSeen(sight, touched, ending)}` : '';
    return seeHolderGone(sight).map((entry) => ({ ...entry, seen: `${entry.seen}${load}` }));
  },
};

function burning({ cores, load, percent: share, ramp = 0 }: ParametersOf<typeof parameters>, cpus: number): Burning {
  const threads = share === undefined ? Math.min(cores ?? cpus, cpus) : cpus;
  return { threads, loadPercent: share ?? load ?? 100, rampMs: ramp };
}

/** What was burned between two instants; with whom the CPUs had to be shared is not known, but that they were is. */
function loadSeen({ host, parameters: parsed }: Sight<typeof parameters>, from: Figure, to: Figure): string {
  const { threads, loadPercent, rampMs } = burning(parsed, host.cpus());
  const burned = (100 * (to.value - from.value)) / (to.atBootMs - from.atBootMs) / threads;
  const seen = `${threads} threads burned ${burned.toFixed(1)} % of a CPU each`;
  if (rampMs > 0) return `${seen} on the way to ${loadPercent} %`;
  return loadPercent - burned >= shortfallMin ? `${seen} of ${loadPercent} %, limitedBy: contention` : seen;
}
