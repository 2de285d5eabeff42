/** Stops a service in such a way that nobody starts it: no socket, no timer, no other unit. */
import type { FaultKind } from './fault-kind.ts';
import { settingFault } from './hold-settings.ts';
import { nativeCalls, unitsOfSystemd } from './needs.ts';
import { serviceName } from './service-parameter.ts';

const parameters = { unit: serviceName };

export const serviceMask: FaultKind<typeof parameters> = {
  ...settingFault,
  kind: 'service.mask',
  summary:
    'Masks a service of systemd until the next boot at most, and stops it; then it may be started again, and is where it ran. Not for one whose unit file is in /etc, which no such mask covers.',
  aim: 'host',
  needs: [nativeCalls, unitsOfSystemd],
  parameters,
  magnitude: () => ({}),
  // In this order, there and back: nobody can start it in between, and what is masked cannot be started.
  sets: ({ unit }) => [
    { what: 'service-masked', of: unit, ours: 'masked' },
    { what: 'service-active', of: unit, ours: 'inactive' },
  ],
};
