/** One program of an action, without the agent's capabilities and with a deadline; it does not outlive the agent. */
import { spawn } from 'node:child_process';
import { actionWithinMs, type Seen } from './action.ts';

const setpriv = '/usr/bin/setpriv';

/** What a program is given beside its arguments: nothing of the agent's own environment. */
const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' };

/** setpriv(1) execs the program, so the exit code is its own. Never rejects. */
export function runChild(executable: string, args: readonly string[], withinMs = actionWithinMs): Promise<Seen> {
  const without = ['--inh-caps=-all', '--ambient-caps=-all', '--no-new-privs', '--pdeathsig=KILL', '--'];
  return new Promise((resolve) => {
    const child = spawn(setpriv, [...without, executable, ...args], { cwd: '/', env: environment, stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
    const done = (isDone: boolean, seen: string): void => {
      clearTimeout(timer);
      resolve({ isDone, seen });
    };
    child.once('error', (error) => done(false, `could not be started: ${error.message}`));
    child.once('close', (code, signal) => {
      if (signal === null) done(code === 0, `exit code ${code}`);
      else
        done(false, signal === 'SIGKILL' ? `not done within ${withinMs / 1000} s, and killed` : `ended by ${signal}`);
    });
  });
}
