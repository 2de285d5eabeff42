/** One run at a time on each host, and none on a host that still owes a receipt: its state is not known. */
import { isOpen, type RunState } from '../core/run.ts';
import type { Gate } from './gate.ts';

export const concurrency: Gate = {
  name: 'concurrency',
  when: 'start-and-step',
  evaluate(input) {
    const others = input.runs.filter((run) => run.facts.runId !== input.runId);
    const refusals = input.hosts.flatMap(({ name }) => others.flatMap((run) => reasonOf(run, name)));
    const hosts = new Set(input.hosts.map((host) => host.name)).size;
    const remedies = [
      'wait for that run, or end it by leash abort RUN; leash resolve HOST closes one that never confirms',
    ];
    return { refusals, remedies, found: `no other run is on ${hosts === 1 ? 'this host' : `these ${hosts} hosts`}` };
  },
};

function reasonOf(run: RunState, host: string): readonly string[] {
  const own = run.placements.filter((placement) => placement.host === host);
  const open = own.filter(isOpen).length;
  const { runId } = run.facts;
  if (run.life.phase === 'ended') {
    return open > 0 ? [`${host} has not confirmed ${open} faults of run ${runId}, at most 0 allowed`] : [];
  }
  return own.length > 0 ? [`${host} is taken by run ${runId}, at most 1 run a host`] : [];
}
