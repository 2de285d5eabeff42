/** Stops a service, as its operator would. */
import type { FaultKind } from './fault-kind.ts';
import { settingFault } from './hold-settings.ts';
import { nativeCalls, unitsOfSystemd } from './needs.ts';
import { serviceName } from './service-parameter.ts';

const parameters = { unit: serviceName };

export const serviceStop: FaultKind<typeof parameters> = {
  ...settingFault,
  kind: 'service.stop',
  summary: 'Stops a service of systemd, and starts it again.',
  aim: 'host',
  needs: [nativeCalls, unitsOfSystemd],
  parameters,
  magnitude: () => ({}),
  sets: ({ unit }) => [{ what: 'service-active', of: unit, ours: 'inactive' }],
};
