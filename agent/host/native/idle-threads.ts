/**
 * Threads that do nothing but be there: each is a task of the host, with a pid of its own, and none outlives this
 * process. They wait for a lock that this thread holds (pthread_rwlock_rdlock(3p)), a wait that no signal cuts short.
 */
import { requireLibc } from '../../../shared/libc.ts';
import { lazily, SystemCallError } from './system-call.ts';

export interface IdleThreads {
  readonly count: number;
  /** Lets every thread run to its end. Idempotent. */
  release(): void;
}

/** At least as large as the type on every 64-bit Linux (pthread_rwlock_t 56, pthread_attr_t 64). */
const opaqueBytes = 128;
/** Only what is touched of a stack takes memory: the frame of one call. */
const stackBytes = 64 * 1024;
const detached = 1;

const findSymbol = lazily('uintptr_t dlsym(uintptr_t library, const char *name)');
const initAttributes = lazily('int pthread_attr_init(void *attributes)');
const setStackSize = lazily('int pthread_attr_setstacksize(void *attributes, size_t bytes)');
const setGuardSize = lazily('int pthread_attr_setguardsize(void *attributes, size_t bytes)');
const setDetached = lazily('int pthread_attr_setdetachstate(void *attributes, int state)');
const createThread = lazily(
  'int pthread_create(_Out_ uintptr_t *thread, void *attributes, uintptr_t start, void *argument)',
);
const initLock = lazily('int pthread_rwlock_init(void *lock, void *attributes)');
const lockForWriting = lazily('int pthread_rwlock_wrlock(void *lock)');
const unlock = lazily('int pthread_rwlock_unlock(void *lock)');

/** All or none. @throws SystemCallError EAGAIN where a limit on tasks is reached (RLIMIT_NPROC, pids.max, threads-max). */
export function startIdleThreads(count: number): IdleThreads {
  const attributes = lastingMemory();
  succeeded('pthread_attr_init', initAttributes(attributes));
  succeeded('pthread_attr_setstacksize', setStackSize(attributes, stackBytes));
  // A guard page would be a mapping of its own for each thread, and their number is limited (vm.max_map_count).
  succeeded('pthread_attr_setguardsize', setGuardSize(attributes, 0));
  succeeded('pthread_attr_setdetachstate', setDetached(attributes, detached));
  const lock = lastingMemory();
  succeeded('pthread_rwlock_init', initLock(lock, null));
  succeeded('pthread_rwlock_wrlock', lockForWriting(lock));
  const start = findSymbol(0, 'pthread_rwlock_rdlock');

  let isHeld = true;
  function release(): void {
    if (isHeld) unlock(lock);
    isHeld = false;
  }

  try {
    for (let made = 0; made < count; made++) {
      succeeded('pthread_create', createThread([0n], attributes, start, lock));
    }
  } catch (error) {
    release();
    throw error;
  }
  return { count, release };
}

/** Never freed: threads may look at it until the process ends. */
function lastingMemory(): unknown {
  return requireLibc().koffi.alloc('uint8_t', opaqueBytes);
}

/** These functions return the number of the error, and leave errno alone. */
function succeeded(call: string, number: number): void {
  if (number !== 0) throw SystemCallError.of(call, number);
}
