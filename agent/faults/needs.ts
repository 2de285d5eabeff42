/** The rows of the table of needs that several faults share. */
import type { Need } from './fault-kind.ts';

export const nativeCalls: Need = {
  kind: 'kernel',
  name: 'native calls',
  bindings: ['kernel', 'journal', 'one-shot'],
  remedy: 'install Leash with its optional dependency koffi, on glibc 2.34 or later',
};

export const pidfds: Need = {
  kind: 'kernel',
  name: 'pidfd',
  bindings: ['kernel', 'journal', 'one-shot'],
  remedy: 'run Linux 5.3 or later',
};

export const tracing: Need = {
  kind: 'capability',
  name: 'CAP_SYS_PTRACE',
  bindings: ['kernel'],
  remedy: 'give the unit AmbientCapabilities=CAP_SYS_PTRACE; without it only processes of its own user can be held',
};

export const signalling: Need = {
  kind: 'capability',
  name: 'CAP_KILL',
  bindings: ['journal', 'one-shot'],
  remedy: 'give the unit AmbientCapabilities=CAP_KILL; without it only processes of its own user can be signalled',
};
