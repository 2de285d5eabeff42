/** A systemd unit, as its manager sees it. */
import { execFile } from 'node:child_process';
import type { leash } from '../../proto/codec.ts';
import { withOnly } from '../host/holder-launch.ts';

const properties = ['LoadState', 'ActiveState', 'SubState', 'NRestarts', 'MainPID'];
const answerWithinMs = 2000;
const outputBytesMax = 16_384;

/** @param name checked at the door; what follows two dashes is no option. @throws Error where there is no systemd to ask. */
export function observeUnit(name: string, program = 'systemctl'): Promise<leash.v1.IUnitSeen> {
  // It only asks, so it gets none of the agent's capabilities.
  const show = [program, 'show', '--no-pager', `--property=${properties.join(',')}`, '--', name];
  const [command = '', ...args] = [...withOnly([]), ...show];
  const options = {
    timeout: answerWithinMs,
    killSignal: 'SIGKILL',
    maxBuffer: outputBytesMax,
    env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', SYSTEMD_COLORS: '0' },
  } as const;
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, output, messages) => {
      if (!error) resolve(unitOf(output));
      else reject(new Error(`systemd does not say how ${name} is: ${messages.trim().slice(0, 200) || error.message}`));
    });
  });
}

/** "Key=value", one a line (systemctl(1)). @throws Error for an answer without a state. */
export function unitOf(output: string): leash.v1.IUnitSeen {
  const values = new Map(
    output.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
  const activeState = values.get('ActiveState');
  if (!activeState) throw new Error('systemd does not say in which state it is');
  return {
    loadState: values.get('LoadState') ?? '',
    activeState,
    subState: values.get('SubState') ?? '',
    restarts: count(values.get('NRestarts')),
    mainPid: count(values.get('MainPID')),
  };
}

function count(text: string | undefined): number {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : 0;
}
