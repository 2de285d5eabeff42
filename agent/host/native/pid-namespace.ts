/** A PID namespace for the next child (unshare(2), setns(2), pid_namespaces(7)). */
import { closeSync, openSync } from 'node:fs';
import { checked, lazily } from './system-call.ts';

const newPidNamespace = 0x2000_0000;

const unshare = lazily('int unshare(int flags)');
const setns = lazily('int setns(int fd, int type)');

/**
 * What `start` spawns is the first process of a PID namespace: when it ends, the kernel kills all others in it. Until
 * this returns, no thread can be started in this process (clone(2), EINVAL), so `start` must be synchronous.
 * @throws SystemCallError EPERM without CAP_SYS_ADMIN.
 */
export function inPidNamespace<Result>(start: () => Result): Result {
  const own = openSync('/proc/self/ns/pid', 'r');
  try {
    checked('unshare(CLONE_NEWPID)', unshare(newPidNamespace));
    try {
      return start();
    } finally {
      checked('setns', setns(own, newPidNamespace));
    }
  } finally {
    closeSync(own);
  }
}
