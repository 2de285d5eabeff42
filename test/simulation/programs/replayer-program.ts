/** `leash-agent restore` as a process of a simulated host: what its unit runs before each start and after each end. */
import { createPutBackGuard } from '../../../agent/app/put-back-guard.ts';
import { createReplayedPutBack } from '../../../agent/app/replayed-put-back.ts';
import type { HostPolicy } from '../../../agent/core/policy.ts';
import { openJournal } from '../../../agent/store/journal.ts';
import { replayJournal } from '../../../agent/store/replay.ts';
import type { ProcessIdentity } from '../../../proto/identity.ts';
import { type Process, runningProcess } from '../world/process.ts';
import { tableOf } from '../world/process-facts.ts';
import { stateDirectory } from './readiness.ts';
import { simulatedSettings } from './settings.ts';

/** @param policy of the host. */
export async function runReplayer(policy: HostPolicy): Promise<void> {
  const process = runningProcess();
  try {
    const journal = await openJournal(stateDirectory);
    const guard = async () => createPutBackGuard(policy, tableOf(process.host), process.pid);
    await replayJournal(
      journal,
      process.host.bootId,
      (identity) => continueSimulated(process, identity),
      undefined,
      createReplayedPutBack(simulatedSettings(), guard),
    );
    await journal.close();
  } catch {
    // An agent has the journal, or the disk fails: the unit goes on without.
  }
  process.end('exit 0');
}

/** What `agent/host/continue-process.ts` does: by pidfd, to exactly this process, and only when it is stopped. */
export function continueSimulated(
  by: Process,
  identity: ProcessIdentity,
): 'continued' | 'gone' | 'not-stopped' | 'failed' {
  const { host } = by;
  const process = host.found(identity);
  if (!process) return 'gone';
  if (!process.isStopped || process.tracer) return 'not-stopped';
  if (!by.step()) return 'failed';
  const meant = host.meantBy(identity)?.name;
  host.observer.act({
    host: host.name,
    what: 'continue',
    process: process.name,
    ...(meant === undefined ? {} : { meant }),
    isProtected: process.plan.isProtected === true,
    wasStoppedByOthers: process.stoppedBy === undefined,
    othersStoppedAtMs: process.stoppedAtMs,
  });
  process.signal('SIGCONT');
  return 'continued';
}
