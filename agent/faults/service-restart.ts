/** Restarts a service, and sees to it that it runs afterwards. */
import type { FaultKind } from './fault-kind.ts';
import { settingFault } from './hold-settings.ts';
import { nativeCalls, unitsOfSystemd } from './needs.ts';
import { serviceName } from './service-parameter.ts';

const seenWithinMs = 3000;

const parameters = { unit: serviceName };

export const serviceRestart: FaultKind<typeof parameters> = {
  ...settingFault,
  kind: 'service.restart',
  summary: 'Restarts a service of systemd, with what depends on it; it is over when the service runs again.',
  aim: 'host',
  needs: [nativeCalls, unitsOfSystemd],
  parameters,
  magnitude: () => ({}),
  sets: ({ unit }) => [{ what: 'service-invocation', of: unit, ours: 'restarted' }],

  async hold(context) {
    const hold = await settingFault.hold(context);
    // Time for the agent to have seen it.
    return { ...hold, finished: new Promise((resolve) => setTimeout(resolve, seenWithinMs)) };
  },

  async seeEffect({ kept: [kept] = [], settings }) {
    const seen = kept && (await settings?.see(kept));
    return { isSeen: seen?.isInEffect === true, seen: seen?.how ?? 'it cannot be looked at here' };
  },
};
