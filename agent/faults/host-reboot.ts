/** Boots the host again, in order. What has happened is told by the agent of the next boot, which finds the record. */
import type { KeptSetting } from '../core/setting.ts';
import type { FaultKind } from './fault-kind.ts';
import { nativeCalls, unitsOfSystemd } from './needs.ts';
import { duration } from './parameter.ts';

const parameters = {
  delay: duration({
    minimum: 0,
    maximum: 600_000,
    fallback: 5000,
    summary: 'Until then a restore or a halt calls it off. The lease must last for as long.',
  }),
};

/** What was ordered once is not called off: this says how it is looked at, and is never put back. */
function rebooting(bootId: string): KeptSetting {
  return {
    what: 'host-state',
    of: 'host',
    bootId,
    ours: 'rebooting',
    original: 'running',
    exceptions: [],
    sinceTicks: 0,
  };
}

const nothing = { threads: 0, threadsRunning: 0 };

export const hostReboot: FaultKind<typeof parameters> = {
  kind: 'host.reboot',
  summary: 'Boots the host again as systemctl reboot does; only where the host policy says reboots: true.',
  aim: 'host',
  bindings: ['one-shot'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls, unitsOfSystemd],
  parameters,
  magnitude: () => ({ reboots: true }),

  async hold({ kernel, parameters: { delay } }) {
    let timer: NodeJS.Timeout | undefined;
    const finished = new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => kernel.set(rebooting('')).then(resolve, reject), delay);
    });
    return {
      touched: [`the host is booted again in ${delay} ms`],
      release: () => clearTimeout(timer),
      finished,
    };
  },

  seeEffect: () => ({ isSeen: true, seen: 'the reboot is ordered when its delay is over' }),

  async seeRestored({ holders: [holder], settings }) {
    if (!holder) return [{ outcome: 'not-touched', seen: 'no reboot was ordered', ...nothing }];
    const seen = await settings?.see(rebooting(holder.bootId));
    switch (seen?.state) {
      case 'gone':
        return [{ outcome: 'done', seen: seen.how, ...nothing }];
      case 'original':
        return [{ outcome: 'not-touched', seen: 'the host runs on: no reboot was ordered', ...nothing }];
      default:
        return [{ outcome: 'unknown', seen: seen?.how ?? 'it cannot be looked at here', ...nothing }];
    }
  },
};
