/**
 * Looking at traced threads, one tid at a time (waitid(2)). A wait for any child would steal those of libuv. A stop is
 * never consumed: a thread about to receive a signal would lose it if the tracer died between the wait and the detach.
 */
import { hasCode, lastError, lazily } from './system-call.ts';

export type TraceeSeen =
  /** It runs, or sleeps. */
  | { readonly kind: 'running' }
  /** `signal` is what it is about to receive, or 0; `event` is the PTRACE_EVENT_ of the stop, or 0. */
  | { readonly kind: 'stopped'; readonly signal: number; readonly event: number }
  /** It ended, and waits to be reaped by `reap`. */
  | { readonly kind: 'ended' }
  /** It is not, or no longer, traced by us. */
  | { readonly kind: 'gone' };

const idPid = 1;
const noHang = 0x1;
const stopped = 0x2;
const exited = 0x4;
const noWait = 0x0100_0000;
const wallAll = 0x4000_0000;
const codeTrapped = 4;
const codeStopped = 5;

const waitid = lazily('int waitid(int idType, unsigned int id, _Out_ uint8_t *info, int options)');

/** Never blocks, and changes nothing. */
export function lookAtTracee(tid: number): TraceeSeen {
  const info = wait(tid, stopped | exited | noWait);
  if (info === undefined) return { kind: 'gone' };
  // siginfo_t: si_code at 8, si_pid at 16, si_status at 24 on every 64-bit Linux; si_pid 0 means "nothing to report".
  if (info.readInt32LE(16) === 0) return { kind: 'running' };
  const code = info.readInt32LE(8);
  if (code !== codeTrapped && code !== codeStopped) return { kind: 'ended' };
  const status = info.readInt32LE(24);
  const event = status >> 8;
  return { kind: 'stopped', signal: event === 0 ? status & 0x7f : 0, event };
}

/**
 * Reaps the thread if it has ended, so that its process does not stay a zombie. It is looked at first, because a wait for
 * exits alone takes a stop just as well: ptrace stops are reported whatever the options say (kernel/exit.c). What has
 * ended stays ended until it is reaped, and only we can.
 * @returns whether it is no longer there.
 */
export function reap(tid: number): boolean {
  const seen = lookAtTracee(tid);
  if (seen.kind === 'ended') wait(tid, exited);
  return seen.kind === 'ended' || seen.kind === 'gone';
}

function wait(tid: number, options: number): Buffer | undefined {
  const info = Buffer.alloc(128);
  if (waitid(idPid, tid, info, options | noHang | wallAll) >= 0) return info;
  const error = lastError('waitid');
  if (hasCode(error, 'ECHILD')) return undefined;
  throw error;
}
