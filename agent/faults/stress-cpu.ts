/** Burns CPU time in threads of the holder. */
import type { FaultKind } from './fault-kind.ts';
import { nativeCalls } from './needs.ts';
import { count, percent } from './parameter.ts';
import { seeHolderGone } from './seen-holder.ts';

const parameters = {
  cores: count({ minimum: 1, maximum: 4096, isOptional: true, summary: 'Threads that burn; all CPUs when left out.' }),
  load: percent({ minimum: 1, maximum: 100, fallback: 100, summary: 'Of one CPU, in each thread.' }),
};

/** A thread at a small load is on a CPU for a moment of each period only. */
const looksAtOnce = 20;

export const stressCpu: FaultKind<typeof parameters> = {
  kind: 'stress.cpu',
  summary: 'Burns CPU time at an exact share.',
  aim: 'host',
  bindings: ['kernel'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls],
  parameters,
  magnitude: ({ cores, load }, { cpus }) => ({ cpuPercent: (Math.min(cores ?? cpus, cpus) * load) / cpus }),

  async hold({ kernel, parameters: { cores, load } }) {
    const threads = Math.min(cores ?? kernel.cpus(), kernel.cpus());
    const burners = kernel.burnCpu(threads, load);
    await burners.begun;
    return {
      touched: [`${threads} threads at ${load} % of a CPU each`],
      release: () => burners.stop(),
      finished: new Promise<never>(() => {}),
    };
  },

  seeEffect({ host, holders: [holder] }) {
    for (let look = 0; holder && look < looksAtOnce; look++) {
      const seen = host.threads(holder);
      const burning = seen.kind === 'gone' ? 0 : seen.states.filter((state) => state === 'R').length;
      if (burning > 0) return { isSeen: true, seen: `${burning} threads on a CPU, or waiting for one` };
    }
    return { isSeen: false, seen: 'no thread is on a CPU' };
  },

  seeRestored: seeHolderGone,
};
