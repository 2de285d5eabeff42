/** A process of a simulated host, and which one is running now. */
import type { ProcessName } from '../../invariants/observation.ts';
import type { Host } from './host.ts';

export type Signal = 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT' | 'SIGHUP' | 'SIGINT';

export interface ProcessPlan {
  readonly program: string;
  readonly parent?: Process | undefined;
  readonly uid: number;
  /** For a reuse of a number; the next free one otherwise. */
  readonly pid?: number;
  readonly startTicks?: number;
  readonly isKernelThread?: boolean;
  /** By what it is, as the observer knows it: never to be touched. */
  readonly isProtected?: boolean;
}

export class Process {
  readonly name: ProcessName;
  isAlive = true;
  /** Stopped by a signal, whoever sent it. */
  isStopped = false;
  /** Who of ours stopped it by a signal. */
  stoppedBy: Process | undefined;
  stoppedAtMs = 0;
  /** nice(2). */
  nice = 0;
  /** What it was last that nobody of us had set. */
  niceOfOthers = 0;
  /** Who of ours set it. */
  niceSetBy: Process | undefined;
  /** Held still by ptrace(2). */
  tracer: Process | undefined;
  parent: Process | undefined;
  /** prctl(2), PR_SET_PDEATHSIG. */
  parentDeathSignal: Signal | undefined;
  /** timer_create(2) on the boot clock, with SIGKILL. */
  kernelTimerAtMs: number | undefined;
  /** What it holds: gone with it. */
  readonly tracees = new Set<Process>();
  isStressing = false;
  /** Of a holder: the fault that it was ordered to hold, and how it is bound. */
  order:
    | {
        readonly faultId: string;
        readonly binding: 'kernel' | 'journal' | 'one-shot';
        readonly targets: readonly (Process | undefined)[];
      }
    | undefined;
  /** Signals that it handles itself. */
  readonly handlers = new Map<Signal, () => void>();
  /** How many steps it has left before it is killed in the middle of one; see `step`. */
  stepsLeft = Number.POSITIVE_INFINITY;
  readonly startedAtMs: number;
  private readonly waiting: (() => void)[] = [];
  private readonly exits: ((how: string) => void)[] = [];
  private cancelKernelTimer: () => void = () => undefined;

  constructor(
    readonly host: Host,
    readonly pid: number,
    readonly startTicks: number,
    serial: number,
    readonly plan: ProcessPlan,
  ) {
    this.startedAtMs = host.timeline.nowMs();
    this.name = `${host.name}/${plan.program}/${pid}#${serial}`;
    this.parent = plan.parent;
  }

  /** Whether it gets any time of a CPU. */
  get canRun(): boolean {
    return this.isAlive && !this.isStopped && !this.tracer && this.host.isRunning;
  }

  /** Runs it as this process now, or as soon as the process can run. Never, once it is dead. */
  run(call: () => void): void {
    if (!this.isAlive) return;
    // Promises belong to the process that runs when they go on: another one has to wait for an event of its own.
    if (running && running !== this) {
      this.soon(call, 0);
      return;
    }
    if (!this.canRun) {
      this.waiting.push(call);
      return;
    }
    const before = running;
    running = this;
    try {
      call();
      this.host.settle();
    } catch (error) {
      // What a program that has ended would have done after its end does not count.
      if (this.isAlive) this.host.observer.accident(this, error);
      this.end('error');
    } finally {
      running = before;
    }
  }

  /** By the monotonic clock, which stands still while the host sleeps. */
  after(ms: number, call: () => void): () => void {
    const { host } = this;
    const dueMs = host.monotonicMs() + Math.max(0, ms);
    let cancel = (): void => undefined;
    const look = (): void => {
      const leftMs = dueMs - host.monotonicMs();
      if (leftMs > 1e-6 || !host.isRunning)
        cancel = host.timeline.at(host.timeline.nowMs() + Math.max(leftMs, 1), look);
      else this.run(() => !isCancelled && call());
    };
    let isCancelled = false;
    cancel = host.timeline.at(host.timeline.nowMs() + Math.max(0, ms), look);
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  /** Later in this process, and not before it can run. */
  soon(call: () => void, ms: number): void {
    this.host.timeline.at(this.host.timeline.nowMs() + ms, () => this.run(call));
  }

  /**
   * Every effect of a program is a step, and any step can be its last one.
   * @returns whether it is still there to take it.
   */
  step(): boolean {
    if (!this.isAlive) return false;
    this.stepsLeft -= 1;
    if (this.stepsLeft > 0) return true;
    this.signal('SIGKILL');
    return false;
  }

  signal(signal: Signal, by?: Process): void {
    if (!this.isAlive) return;
    switch (signal) {
      case 'SIGKILL':
        this.end('signal SIGKILL');
        return;
      case 'SIGSTOP':
        if (!this.isStopped) {
          this.stoppedBy = by;
          this.stoppedAtMs = this.host.timeline.nowMs();
        }
        this.isStopped = true;
        this.host.observer.stopped(this);
        return;
      case 'SIGCONT':
        this.isStopped = false;
        this.stoppedBy = undefined;
        this.host.observer.continued(this);
        this.wake();
        return;
      default: {
        const handler = this.handlers.get(signal);
        // A handler runs when the process does; without one the kernel ends it then.
        this.run(handler ?? (() => this.end(`signal ${signal}`)));
      }
    }
  }

  onExit(call: (how: string) => void): void {
    if (this.isAlive) this.exits.push(call);
    else call('gone');
  }

  armKernelTimer(atBootMs: number): void {
    this.cancelKernelTimer();
    this.kernelTimerAtMs = atBootMs;
    const { host } = this;
    const look = (): void => {
      if (!host.isRunning) this.cancelKernelTimer = host.timeline.at(host.timeline.nowMs() + 1, look);
      else this.signal('SIGKILL');
    };
    this.cancelKernelTimer = host.timeline.at(host.timeline.nowMs() + (atBootMs - host.bootMs()), look);
  }

  /** What waited for it to run goes on. */
  wake(): void {
    if (!this.canRun || this.waiting.length === 0) return;
    const calls = this.waiting.splice(0);
    for (const call of calls) this.soon(call, 0);
  }

  /** By somebody else: from now on it is theirs. */
  renice(nice: number): void {
    this.nice = nice;
    this.niceOfOthers = nice;
    this.niceSetBy = undefined;
    this.host.observer.putBack(this);
  }

  /** The kernel's part of an end: traced processes run on, children learn of it, the parent is told. */
  end(how: string): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.cancelKernelTimer();
    for (const tracee of [...this.tracees]) this.detach(tracee);
    this.tracer?.tracees.delete(this);
    this.host.observer.ended(this);
    this.host.remove(this);
    for (const child of this.host.childrenOf(this)) {
      child.parent = this.host.init;
      if (child.parentDeathSignal) child.signal(child.parentDeathSignal);
    }
    for (const call of this.exits.splice(0)) call(how);
    this.waiting.length = 0;
  }

  attach(target: Process): void {
    target.tracer = this;
    this.tracees.add(target);
    this.host.observer.attached(target, this);
  }

  detach(target: Process): void {
    if (target.tracer !== this) return;
    target.tracer = undefined;
    this.tracees.delete(target);
    this.host.observer.detached(target, this);
    target.wake();
  }
}

/** Thrown into code of a process that has just ended: there is no other way to keep it from going on. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded';
}

let running: Process | undefined;

/** The process whose code runs now. @throws Error for code that runs outside of any. */
export function runningProcess(): Process {
  if (!running) throw new Error('no process is running');
  return running;
}
