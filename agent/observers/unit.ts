/** A systemd unit, as its manager sees it. */
import type { leash } from '../../proto/codec.ts';
import type { ProgramRunner } from '../host/program-runner.ts';

const properties = ['LoadState', 'ActiveState', 'SubState', 'NRestarts', 'MainPID'];
const answerWithinMs = 2000;
const systemctl = '/usr/bin/systemctl';

/** @param name checked at the door; what follows two dashes is no option. @throws Error where there is no systemd to ask. */
export async function observeUnit(name: string, programs: Pick<ProgramRunner, 'run'>): Promise<leash.v1.IUnitSeen> {
  const args = ['show', '--no-pager', `--property=${properties.join(',')}`, '--', name];
  const { code, output, messages, error } = await programs.run(systemctl, args, answerWithinMs);
  if (code === 0) return unitOf(output);
  const why = messages.trim().slice(0, 200) || error || (code === null ? 'no answer in time' : `exit code ${code}`);
  throw new Error(`systemd does not say how ${name} is: ${why}`);
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
