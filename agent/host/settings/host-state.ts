/** Whether the host runs or goes down for a reboot. There is no way back but through it, so nothing puts it back. */
import { execFile } from 'node:child_process';
import { valueSetting } from './value-setting.ts';

const systemctl = '/usr/bin/systemctl';
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', SYSTEMD_COLORS: '0' };
const answerWithinMs = 4000;

export const hostState = valueSetting({
  what: 'host-state',
  isByProgram: true,
  isName: (name) => name === 'host',
  isValue: (text) => text === 'running' || text === 'rebooting',
  // Its exit code only says whether the state is a good one.
  read: async () => ((await ask('is-system-running')).output.trim() === 'stopping' ? 'rebooting' : 'running'),
  async write(_name, value) {
    if (value !== 'rebooting') throw new Error('a reboot cannot be called off');
    const { problem } = await ask('reboot', '--no-ask-password', '--no-wall');
    if (problem !== undefined) throw new Error(problem);
  },
});

function ask(...args: readonly string[]): Promise<{ readonly output: string; readonly problem?: string }> {
  const options = { timeout: answerWithinMs, killSignal: 'SIGKILL', env: environment, cwd: '/' } as const;
  return new Promise((resolve) => {
    execFile(systemctl, args, options, (error, output, messages) => {
      resolve({ output, ...(error ? { problem: messages.trim().slice(0, 300) || error.message } : {}) });
    });
  });
}
