/** What the handlers work with. */
import type { leash } from '../../proto/codec.ts';
import type { Refusal } from '../../proto/refusal.ts';
import type { RollbackAction } from '../../proto/rollback-action.ts';
import type { Selector } from '../../proto/selector.ts';
import type { Notary } from '../../shared/notary.ts';
import type { Refusal as CallRefusal } from '../../shared/refusal-records.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { Engine } from '../engine/engine.ts';
import type { Examination, Match, Wish } from '../engine/examine.ts';
import type { Clock } from '../engine/ports.ts';
import type { Rollbacks } from '../engine/rollbacks.ts';
import type { Observe } from '../observers/observe.ts';
import type { IntentLedger } from '../store/intent-ledger.ts';
import type { Now } from './wire.ts';

export interface AgentContext {
  readonly engine: Engine;
  readonly clock: Clock;
  /** The longest lease that the host's policy grants. */
  leaseMaxMs(): number;
  /** Whether callers see the arguments of processes. */
  commandLines(): HostPolicy['commandLines'];
  examine(wish: Wish): Promise<Examination>;
  /** Looks at one thing of the host, and touches nothing. @throws Refused, InvalidInput */
  readonly observe: Observe;
  /** In order of pid, some at a time. */
  listProcesses(selector: Selector, callerPid: number | undefined): AsyncIterable<readonly Match[]>;
  readonly rollbacks: Rollbacks;
  readonly intents: Pick<IntentLedger, 'take' | 'giveBack'>;
  /** Why the host's policy does not allow a rollback action. */
  actionRefusal(action: RollbackAction): string | undefined;
  /** Why a rearm would be in vain: a halt file is present. */
  haltFileRefusals(): readonly Refusal[];
  describe(): Promise<leash.v1.IDescribeReply>;
  /** Absent where the audit has no key: then nothing of it is countersigned. */
  readonly notary?: Notary;
  /** Told of each call that was answered with a "no". */
  onRefused?(refusal: CallRefusal): void;
  /** What only a log can tell. */
  warn?(message: string, error: unknown): void;
}

export function nowOf(clock: Clock): Now {
  return { bootMs: clock.bootMs(), unixMs: clock.unixMs() };
}
