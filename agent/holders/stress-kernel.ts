/** The kernel as a stressor sees it: the part of the port `HolderKernel` that takes something of the host. */

/** Something of the host that this process has, and that the kernel takes back when it ends. */
export interface HeldResource {
  /** Idempotent. */
  release(): void;
}

export interface HeldMemory extends HeldResource {
  readonly bytes: number;
}

export interface HostMemory {
  readonly totalBytes: number;
  /** What the kernel says can be had without swapping (MemAvailable, proc_meminfo(5)). */
  readonly availableBytes: number;
}

export interface FileSystemSpace {
  /** "ext4", "xfs", "tmpfs", or the magic number of another: "type 0x9123683e". */
  readonly type: string;
  readonly totalBytes: number;
  /** For users without privileges. */
  readonly freeBytes: number;
}

/** A file that nobody can find, and whose bytes are free again once it is closed. */
export interface NamelessFile extends HeldResource {
  readonly descriptor: number;
  readonly bytes: number;
  /** At its end. @throws SystemCallError ENOSPC, EOPNOTSUPP; then it may have grown in part. */
  allocate(bytes: number): void;
}

/** How much is in use of something that the host has a limit for. */
export interface Usage {
  readonly used: number;
  /** Infinite where there is no limit. */
  readonly max: number;
}

/** Threads of this process that work until they are told to stop, and end with it. */
export interface WorkingThreads {
  /** Resolves when each has begun. @throws Error when one cannot be started. */
  readonly begun: Promise<void>;
  /** Rejects when one can no longer do its work; never resolves. */
  readonly failed: Promise<never>;
  /**
   * Resolves when none is left, within a few periods: a thread that were cut off inside a native call would abort the
   * process. Idempotent.
   */
  stop(): Promise<void>;
}

export interface Burning {
  readonly threads: number;
  /** Of one CPU, in each thread. */
  readonly loadPercent: number;
  /** The load rises evenly from nothing in that time. */
  readonly rampMs: number;
}

export interface Moving {
  /** Each worker has a part of it of its own. */
  readonly file: NamelessFile;
  readonly workers: number;
  /** Of all workers together. */
  readonly bytesPerSecond: number;
  /** Of the bytes; the others are written. */
  readonly readPercent: number;
}

export interface StressKernel {
  hostMemory(): HostMemory;
  /** Every page is there on return. @throws SystemCallError ENOMEM. */
  holdMemory(bytes: number): HeldMemory;
  /** CPUs that this process may run on. */
  cpus(): number;
  /** By a closed loop on each thread's own CPU time. */
  burnCpu(order: Burning): WorkingThreads;
  /** @throws Error ENOENT, EACCES. */
  fileSystem(directory: string): FileSystemSpace;
  /**
   * @param isSynchronous each write is on the device when it returns.
   * @throws HoldFailure where the directory may not be written, is reached by a link, or cannot have such files.
   */
  openNameless(directory: string, options?: { readonly isSynchronous?: boolean }): NamelessFile;
  /** Reads and writes at a rate, by a closed loop on time. */
  moveData(order: Moving): WorkingThreads;
  /** Of the host (/proc/sys/fs/file-nr). Needs no free descriptor. */
  openFiles(): Usage;
  /** What this process may open (RLIMIT_NOFILE). */
  ownFilesMax(): number;
  /** All or none. @throws Error EMFILE, ENFILE. */
  holdOpenFiles(count: number): HeldResource;
  /** Of the host: its threads, and the smaller of kernel.threads-max and kernel.pid_max. Needs no free descriptor. */
  tasks(): Usage;
  /** Of the cgroup for stressors itself (pids.current, pids.max); undefined where it has no limit of its own. */
  stressTasks(): Usage | undefined;
  /** All or none. @throws SystemCallError EAGAIN. */
  holdTasks(count: number): HeldResource;
}
