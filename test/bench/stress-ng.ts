/** stress-ng(1) as the witness beside our own stressors: it never outlives this process, nor its time. */
import { spawn } from 'node:child_process';
import { findHelper } from '../../agent/host/capabilities.ts';

export interface StressNg {
  readonly pid: number;
  stop(): Promise<void>;
}

/** @returns undefined where stress-ng or setpriv(1) is not installed. */
export function startStressNg(args: readonly string[], seconds: number): StressNg | undefined {
  const [stressNg, setpriv] = [findHelper('stress-ng'), findHelper('setpriv')];
  if (!stressNg || !setpriv) return undefined;
  // It outlives a killed parent otherwise. setpriv becomes stress-ng, so that the pid stays.
  const child = spawn(setpriv, ['--pdeathsig', 'KILL', stressNg, ...args, '-t', `${seconds}s`, '--quiet'], {
    stdio: 'ignore',
    cwd: '/tmp',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.pid === undefined) throw new Error('stress-ng could not be started');
  return {
    pid: child.pid,
    async stop() {
      // On SIGINT it ends its workers, and then itself.
      child.kill('SIGINT');
      await ended;
    },
  };
}
