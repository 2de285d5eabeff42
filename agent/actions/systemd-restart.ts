/** Restarts one unit: systemctl(1) restart starts a stopped one as well, and twice is as good as once. */
import type { ActionKind } from './action.ts';
import { runChild } from './run-child.ts';

const systemctl = '/usr/bin/systemctl';

export const systemdRestart: ActionKind<'systemd-restart'> = {
  kind: 'systemd-restart',
  refusal({ unit }, { rollback }) {
    if (rollback.restart.includes(unit)) return undefined;
    return `${unit} is not among the units of rollback.restart (${rollback.restart.join(', ') || 'none'})`;
  },
  run: ({ unit }, _policy, programs) => runChild(programs, systemctl, ['restart', '--no-ask-password', '--', unit]),
};
