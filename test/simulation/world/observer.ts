/** Watches a simulated world from outside, and keeps what it saw for the invariants. */
import type {
  Accident,
  Act,
  Answer,
  Ask,
  AuditSeen,
  Exchange,
  Grip,
  HostSeen,
  Observation,
  ReceiptTold,
  RunSeen,
  Standstill,
  Told,
} from '../../invariants/observation.ts';
import type { Host } from './host.ts';
import type { Process } from './process.ts';

type Open<Kept> = { -readonly [Key in keyof Kept]: Kept[Key] };

export interface ExchangeSeen {
  answered(answer: Answer): void;
}

export class Observer {
  readonly hosts: HostSeen[] = [];
  readonly audits: AuditSeen[] = [];
  readonly runs: RunSeen[] = [];
  readonly accidents: Accident[] = [];
  calmFromMs: number | undefined;
  private readonly grips: Open<Grip>[] = [];
  private readonly openGrips = new Set<Open<Grip> & { readonly of: Process; readonly by: Process }>();
  private readonly acts: Act[] = [];
  private readonly exchanges: Open<Exchange>[] = [];
  private readonly told: Told[] = [];
  private readonly toldKeys = new Set<string>();
  private readonly receipts: ReceiptTold[] = [];
  private readonly standstills: Open<Standstill>[] = [];
  private readonly lookWatchers = new Set<{ readonly host: string; readonly see: () => void }>();

  constructor(private readonly nowMs: () => number) {}

  observation(): Observation {
    const { hosts, grips, acts, exchanges, told, receipts, standstills, audits, runs, accidents, calmFromMs } = this;
    return {
      untilMs: this.nowMs(),
      epsilonMs: 250,
      replayMs: 20_000,
      hosts,
      grips,
      acts,
      exchanges,
      told,
      receipts,
      standstills,
      audits,
      runs,
      accidents,
      ...(calmFromMs === undefined ? {} : { calmFromMs }),
    };
  }

  act(act: Omit<Act, 'atMs'>): void {
    this.acts.push({ atMs: this.nowMs(), ...act });
  }

  attached(target: Process, holder: Process): void {
    this.begin(target, holder, 'traced');
  }

  detached(target: Process, holder: Process): void {
    this.finish((grip) => grip.how === 'traced' && grip.of === target && grip.by === holder);
  }

  stopped(target: Process): void {
    const by = target.stoppedBy;
    if (by?.order) this.begin(target, by, 'stopped');
    else this.standsStillFor(target);
  }

  continued(target: Process): void {
    this.finish((grip) => grip.how === 'stopped' && grip.of === target);
    this.goesOnFor(target);
  }

  set(target: Process, holder: Process): void {
    this.begin(target, holder, 'set');
  }

  /** It has a value that is none of ours. */
  putBack(target: Process): void {
    this.finish((grip) => grip.how === 'set' && grip.of === target);
  }

  stressing(holder: Process, isStressing: boolean): void {
    if (isStressing) this.begin(holder, holder, 'stressed');
    else this.finish((grip) => grip.how === 'stressed' && grip.of === holder);
  }

  ended(process: Process): void {
    this.finish((grip) => grip.of === process);
    this.goesOnFor(process);
    // Until another one takes its place; a holder never has one.
    this.standsStillFor(process, true);
  }

  hasStandstills(): boolean {
    return this.standstills.some(({ what }) => what !== 'holder' && what !== 'disk');
  }

  /** A program of ours is ready to act, in the place of one that ended. */
  ready(process: Process): void {
    this.goesOnFor(process);
  }

  /** A program came to an end that no one had planned. */
  accident(process: Process, error: unknown): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.accidents.push({
      host: process.host.name,
      atMs: this.nowMs(),
      what: 'crash',
      detail: `${process.name}: ${detail}`,
    });
  }

  standsStill(host: string, what: Standstill['what'], more: Pick<Standstill, 'faultId' | 'isEnd'> = {}): void {
    this.standstills.push({ host, what, fromMs: this.nowMs(), ...more });
  }

  goesOn(host: string, what: Standstill['what'], faultId?: string): void {
    const open = this.standstills.find(
      (each) => each.host === host && each.what === what && each.faultId === faultId && each.untilMs === undefined,
    );
    if (open) open.untilMs = this.nowMs();
  }

  asked(host: string, ask: Ask): ExchangeSeen {
    const exchange: Open<Exchange> = { host, atMs: this.nowMs(), ask };
    this.exchanges.push(exchange);
    return {
      answered(answer) {
        exchange.answer = answer;
      },
    };
  }

  /** An agent looks at the processes of its host, at this very instant. */
  looked(host: string): void {
    for (const watcher of this.lookWatchers) if (watcher.host === host) watcher.see();
  }

  /** @returns a function that ends it. */
  watchLooks(host: string, see: () => void): () => void {
    const watcher = { host, see };
    this.lookWatchers.add(watcher);
    return () => void this.lookWatchers.delete(watcher);
  }

  toldOf(host: string, fault: { readonly faultId: string; readonly key: string; readonly runId: string }): void {
    if (this.toldKeys.has(`${host} ${fault.faultId}`)) return;
    this.toldKeys.add(`${host} ${fault.faultId}`);
    this.told.push({ host, atMs: this.nowMs(), ...fault });
  }

  receipt(receipt: Omit<ReceiptTold, 'atMs'>): void {
    this.receipts.push({ atMs: this.nowMs(), ...receipt });
  }

  /** Reads the audit of a host as a power cut would leave it. */
  readAudit(host: Host, path: string): void {
    const text = host.disk.durable(path).toString('utf8');
    // A torn last line was never acknowledged.
    const lines = text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1);
    this.audits.push({ host: host.name, atMs: this.nowMs(), lines });
  }

  private begin(of: Process, by: Process, how: Grip['how']): void {
    const { order } = by;
    if (!order) return;
    const grip = {
      host: of.host.name,
      ...(how === 'stressed' ? {} : { process: of.name }),
      faultId: order.faultId,
      how,
      binding: order.binding === 'journal' ? ('journal' as const) : ('kernel' as const),
      fromMs: this.nowMs(),
      of,
      by,
    };
    this.openGrips.add(grip);
    this.grips.push(grip);
  }

  private finish(isMeant: (grip: Grip & { readonly of: Process; readonly by: Process }) => boolean): void {
    for (const grip of this.openGrips) {
      if (!isMeant(grip)) continue;
      grip.untilMs = this.nowMs();
      this.openGrips.delete(grip);
    }
  }

  private standsStillFor({ host, order, plan }: Process, isOver = false): void {
    const end = isOver ? { isEnd: true as const } : {};
    if (order) this.standsStill(host.name, 'holder', { faultId: order.faultId, ...end });
    else if (plan.program === 'leash-agent') this.standsStill(host.name, 'agent', end);
    else if (plan.program === 'leash') this.standsStill(host.name, 'coordinator', end);
  }

  private goesOnFor({ host, order, plan }: Process): void {
    if (order) this.goesOn(host.name, 'holder', order.faultId);
    else if (plan.program === 'leash-agent') this.goesOn(host.name, 'agent');
    else if (plan.program === 'leash') this.goesOn(host.name, 'coordinator');
  }
}
