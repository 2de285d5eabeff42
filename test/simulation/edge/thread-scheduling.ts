/** In place of `agent/host/native/thread-scheduling.ts`. */
import { SystemCallError } from '../../../agent/host/native/system-call.ts';
import { readiness } from '../programs/readiness.ts';
import { ProcessEnded, runningProcess } from '../world/process.ts';

/** What faults set here, and nobody else does. */
export const niceOfFaults = 9;

export function setNice(tid: number, nice: number): void {
  const by = runningProcess();
  const { host, order } = by;
  const target = host.process(tid);
  if (!target) throw new SystemCallError('setpriority', 'ESRCH');
  if (!by.step()) throw new ProcessEnded();
  const isSet = nice === niceOfFaults;
  const meant = order?.targets.find((process) => process?.pid === tid)?.name;
  host.observer.act({
    host: host.name,
    ...(order ? { faultId: order.faultId } : {}),
    what: isSet ? 'set' : 'put-back',
    process: target.name,
    ...(meant === undefined ? {} : { meant }),
    isProtected: target.plan.isProtected === true,
    wasStoppedByOthers: false,
    isOthersValueLost: !isSet && (target.niceSetBy === undefined || nice !== target.niceOfOthers),
    ...(isSet ? { before: readiness(by) } : {}),
  });
  target.nice = nice;
  target.niceSetBy = isSet ? by : undefined;
  if (isSet) host.observer.set(target, by);
  else host.observer.putBack(target);
}

export function setCpus(): void {
  throw new SystemCallError('sched_setaffinity', 'EPERM');
}
