/** How the agent looks at what stressors take of the host: read-only, by the files of /proc and by statfs(2). */
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { FileSystemSpace, HostMemory, Usage } from '../holders/stress-kernel.ts';

/** The part of `HostView` that is about stressors. A process is one of ours; each is undefined once it is gone. */
export interface StressView {
  bootMs(): number;
  /** CPUs that this process may run on. */
  cpus(): number;
  memory(): HostMemory;
  /** Exact CPU time of the threads that the process has now. */
  ranMs(identity: ProcessIdentity): number | undefined;
  /** 0 once it is gone; a zombie that has no other thread is gone. One file is read, however many threads there are. */
  threadCount(identity: ProcessIdentity): number;
  /** Undefined where it cannot be asked. */
  fileSystem(directory: string): FileSystemSpace | undefined;
  /** What the open files of the process take that have no name. */
  namelessBytes(identity: ProcessIdentity): number | undefined;
  /** All that its system calls have read and written, startup included (proc_pid_io(5)). */
  moved(identity: ProcessIdentity): { readonly readBytes: number; readonly writtenBytes: number } | undefined;
  openDescriptors(identity: ProcessIdentity): number | undefined;
  /** Of the host. */
  openFiles(): Usage;
}
