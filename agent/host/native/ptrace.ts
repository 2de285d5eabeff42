/** The few ptrace requests of a hold (ptrace(2)). The tracer is the calling thread, so call from the main thread only. */
import { checked, lazily } from './system-call.ts';

const requestDetach = 17;
const requestGetEventMessage = 0x4201;
const requestSeize = 0x4206;
const requestInterrupt = 0x4207;
/** New threads are traced from their first instruction. Never TRACEEXIT: an exec would leave the process frozen. */
const optionTraceClone = 8;

export const eventClone = 3;

const ptrace = lazily('long ptrace(int request, int tid, size_t address, size_t data)');
const ptraceRead = lazily('long ptrace(int request, int tid, size_t address, _Out_ uint64_t *data)');

/** Attaches without stopping. @throws SystemCallError ESRCH, EPERM (also for a thread that has exited). */
export function seize(tid: number): void {
  checked('ptrace(SEIZE)', ptrace(requestSeize, tid, 0, optionTraceClone));
}

/** Asks the thread to stop. @throws SystemCallError ESRCH. */
export function interrupt(tid: number): void {
  checked('ptrace(INTERRUPT)', ptrace(requestInterrupt, tid, 0, 0));
}

/**
 * Lets a stopped thread run, and delivers the signal (0 for none).
 * @throws SystemCallError ESRCH for a thread that is gone or is not stopped.
 */
export function detach(tid: number, signal: number): void {
  checked('ptrace(DETACH)', ptrace(requestDetach, tid, 0, signal));
}

/** In an `eventClone` stop: the tid of the new thread or process. @throws SystemCallError ESRCH. */
export function eventMessage(tid: number): number {
  const message = new BigUint64Array(1);
  checked('ptrace(GETEVENTMSG)', ptraceRead(requestGetEventMessage, tid, 0, message));
  return Number(message[0]);
}
