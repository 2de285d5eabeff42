/** The nice value and the CPUs of one thread (setpriority(2), sched_setaffinity(2)). Threads are named by their tid. */
import { checked, lazily } from './system-call.ts';

const whichProcess = 0;
const bitsPerByte = 8;

const setpriority = lazily('int setpriority(int which, unsigned int who, int nice)');
const setaffinity = lazily('int sched_setaffinity(int tid, size_t bytes, const uint8_t *mask)');

/** @throws SystemCallError ESRCH; EACCES, EPERM without CAP_SYS_NICE. */
export function setNice(tid: number, nice: number): void {
  checked('setpriority', setpriority(whichProcess, tid, nice));
}

/** @throws SystemCallError ESRCH; EPERM without CAP_SYS_NICE; EINVAL where its cpuset has none of these. */
export function setCpus(tid: number, cpus: readonly number[]): void {
  // The kernel takes a mask of whole words only.
  const bytes = 8 * Math.ceil((Math.max(...cpus) + 1) / (8 * bitsPerByte));
  const mask = Buffer.alloc(bytes);
  for (const cpu of cpus) mask[cpu >> 3] = (mask[cpu >> 3] ?? 0) | (1 << (cpu % bitsPerByte));
  checked('sched_setaffinity', setaffinity(tid, bytes, mask));
}
