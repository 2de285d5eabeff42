/** A simulated host: its clocks, its processes and its disk. */
import type { Random } from '../random.ts';
import { Disk } from './disk.ts';
import type { Observer } from './observer.ts';
import { Process, type ProcessPlan } from './process.ts';
import type { Timeline } from './timeline.ts';

/** USER_HZ is 100 (time(7)). */
const tickMs = 10;
const firstPid = 2;

export interface HostPlan {
  readonly name: string;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly observer: Observer;
  /** Numbers begin again after this one, so a small one makes for many reuses. */
  readonly pidMax: number;
  readonly stage: string;
  settle(): void;
}

export class Host {
  readonly disk = new Disk();
  readonly timeline: Timeline;
  readonly random: Random;
  readonly observer: Observer;
  readonly name: string;
  init: Process;
  bootId: string;
  isUp = true;
  /** fork(2) answers EAGAIN. */
  isOutOfProcesses = false;
  private suspendedAtMs: number | undefined;
  private suspendedMs = 0;
  private bootedAtMs: number;
  private wallOffsetMs: number;
  private boots = 1;
  private lastPid = firstPid;
  private serial = 0;
  private readonly byPid = new Map<number, Process>();
  /** Which process had an identity last: the one that is meant by it now, also when its number means another one. */
  private readonly named = new Map<string, Process>();

  constructor(readonly plan: HostPlan) {
    this.name = plan.name;
    this.timeline = plan.timeline;
    this.random = plan.random;
    this.observer = plan.observer;
    this.bootedAtMs = this.timeline.nowMs() - plan.random.between(60_000, 1e7);
    this.wallOffsetMs = 1_790_000_000_000;
    this.bootId = `boot-${plan.name}-1`;
    this.init = this.spawn({ program: 'systemd', uid: 0, pid: 1 });
  }

  get isRunning(): boolean {
    return this.isUp && this.suspendedAtMs === undefined;
  }

  settle(): void {
    this.plan.settle();
  }

  bootMs(): number {
    return this.timeline.nowMs() - this.bootedAtMs;
  }

  monotonicMs(): number {
    const now = this.suspendedAtMs ?? this.timeline.nowMs();
    return now - this.bootedAtMs - this.suspendedMs;
  }

  unixMs(): number {
    return this.wallOffsetMs + this.timeline.nowMs();
  }

  jumpWallClock(ms: number): void {
    this.wallOffsetMs += ms;
  }

  processes(): Iterable<Process> {
    return this.byPid.values();
  }

  process(pid: number): Process | undefined {
    return this.byPid.get(pid);
  }

  childrenOf(parent: Process): readonly Process[] {
    return [...this.byPid.values()].filter((process) => process.parent === parent);
  }

  spawn(plan: ProcessPlan): Process {
    const pid = plan.pid ?? this.freePid();
    const startTicks = plan.startTicks ?? Math.floor(this.bootMs() / tickMs);
    const process = new Process(this, pid, startTicks, ++this.serial, plan);
    this.byPid.set(pid, process);
    const key = this.keyOf(pid, startTicks, this.bootId);
    this.named.set(key, process);
    return process;
  }

  remove(process: Process): void {
    if (this.byPid.get(process.pid) === process) this.byPid.delete(process.pid);
    this.disk.unlock(process);
  }

  /** The process that an identity is of, or was. */
  meantBy(identity: {
    readonly pid: number;
    readonly startTimeTicks: number;
    readonly bootId: string;
  }): Process | undefined {
    return this.named.get(this.keyOf(identity.pid, identity.startTimeTicks, identity.bootId));
  }

  /** The living process that has this identity now. */
  found(identity: {
    readonly pid: number;
    readonly startTimeTicks: number;
    readonly bootId: string;
  }): Process | undefined {
    const process = this.byPid.get(identity.pid);
    const isSame = process?.startTicks === identity.startTimeTicks && identity.bootId === this.bootId;
    return isSame && process?.isAlive ? process : undefined;
  }

  suspend(): void {
    if (!this.isRunning) return;
    this.suspendedAtMs = this.timeline.nowMs();
    this.observer.standsStill(this.name, 'host-suspended');
  }

  resume(): void {
    if (this.suspendedAtMs === undefined) return;
    this.suspendedMs += this.timeline.nowMs() - this.suspendedAtMs;
    this.suspendedAtMs = undefined;
    this.observer.goesOn(this.name, 'host-suspended');
    for (const process of [...this.byPid.values()]) process.wake();
  }

  /** Everything ends at once, and what was not synced may be lost. */
  losePower(volatileDirectory: string): void {
    this.resume();
    this.observer.standsStill(this.name, 'host-down');
    this.isUp = false;
    for (const process of [...this.byPid.values()].reverse()) process.end('power');
    this.byPid.clear();
    this.disk.losePower(() => this.random.next(), volatileDirectory);
  }

  boot(): void {
    this.isUp = true;
    this.boots += 1;
    this.bootId = `boot-${this.name}-${this.boots}`;
    this.bootedAtMs = this.timeline.nowMs();
    this.suspendedMs = 0;
    this.lastPid = firstPid;
    this.init = this.spawn({ program: 'systemd', uid: 0, pid: 1 });
    this.observer.goesOn(this.name, 'host-down');
  }

  private freePid(): number {
    do {
      this.lastPid = this.lastPid >= this.plan.pidMax ? firstPid : this.lastPid + 1;
    } while (this.byPid.has(this.lastPid));
    return this.lastPid;
  }

  private keyOf(pid: number, startTicks: number, bootId: string): string {
    return `${bootId}/${pid}/${startTicks}`;
  }
}
