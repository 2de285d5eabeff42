/** In place of `agent/host/process-identity.ts`, as far as settings of processes need it. */
import { type Pid, parsePid } from '../../../proto/identity.ts';
import { runningProcess } from '../world/process.ts';

export function readBootId(): string {
  return runningProcess().host.bootId;
}

export function listPids(): readonly Pid[] {
  return [...runningProcess().host.processes()].map(({ pid }) => parsePid(pid));
}
