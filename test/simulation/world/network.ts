/** Messages between hosts: late, lost, twice, out of order, or not at all. */
import type { Random } from '../random.ts';
import type { Host } from './host.ts';
import type { Timeline } from './timeline.ts';

export interface Weather {
  /** The longest that a message takes, beyond the half millisecond that all take. */
  delayMaxMs: number;
  lossChance: number;
  doubleChance: number;
}

export class Network {
  readonly weather: Weather = { delayMaxMs: 2, lossChance: 0, doubleChance: 0 };
  /** Whether any way was ever cut, or any weather bad. */
  wasDisturbed = false;
  private readonly cuts = new Map<string, number>();
  private readonly arrivals = new Map<object, number>();

  constructor(
    private readonly timeline: Timeline,
    private readonly random: Random,
  ) {}

  /** One way; several cuts of the same way add up, and each is mended by itself. */
  cut(from: string, to: string): void {
    this.wasDisturbed = true;
    this.count(from, to, 1);
  }

  mend(from: string, to: string): void {
    this.count(from, to, -1);
  }

  isCut(from: string, to: string): boolean {
    return (this.cuts.get(`${from} ${to}`) ?? 0) > 0;
  }

  /** A message that stands by itself: it may overtake others, and may come twice. */
  send(from: Host, to: Host, deliver: () => void): void {
    const copies = this.random.chance(this.weather.doubleChance) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (this.isLost(from, to)) continue;
      this.timeline.at(this.timeline.nowMs() + this.delayMs(), deliver);
    }
  }

  /** A message of a stream: never overtakes an earlier one. @returns false when it is lost, and the stream with it. */
  sendInOrder(stream: object, from: Host, to: Host, deliver: () => void): boolean {
    if (this.isLost(from, to)) return false;
    const atMs = Math.max(this.timeline.nowMs() + this.delayMs(), this.arrivals.get(stream) ?? 0);
    this.arrivals.set(stream, atMs);
    this.timeline.at(atMs, deliver);
    return true;
  }

  private isLost(from: Host, to: Host): boolean {
    return this.isCut(from.name, to.name) || (from !== to && this.random.chance(this.weather.lossChance));
  }

  private delayMs(): number {
    return 0.3 + this.random.next() * this.weather.delayMaxMs;
  }

  private count(from: string, to: string, by: number): void {
    const key = `${from} ${to}`;
    this.cuts.set(key, (this.cuts.get(key) ?? 0) + by);
  }
}
