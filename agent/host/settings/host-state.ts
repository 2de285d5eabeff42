/** Whether the host runs or goes down for a reboot. There is no way back but through it, so nothing puts it back. */
import { mustRun, type RunProgram } from './program.ts';
import type { SettingKind } from './setting-kind.ts';
import { valueSetting } from './value-setting.ts';

const systemctl = '/usr/bin/systemctl';
const answerWithinMs = 4000;

export function hostState(run: RunProgram): SettingKind {
  return valueSetting({
    what: 'host-state',
    isByProgram: true,
    isName: (name) => name === 'host',
    isValue: (text) => text === 'running' || text === 'rebooting',
    async read() {
      // Its exit code only says whether the state is a good one.
      const { output } = await run(systemctl, ['is-system-running'], answerWithinMs);
      return output.trim() === 'stopping' ? 'rebooting' : 'running';
    },
    async write(_name, value) {
      if (value !== 'rebooting') throw new Error('a reboot cannot be called off');
      await mustRun(run, [systemctl, 'reboot', '--no-ask-password', '--no-wall'], answerWithinMs);
    },
  });
}
