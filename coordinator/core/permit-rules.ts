/** What an organisation asks for before something starts, beside what each gate looks at by itself. */
import type { Stage } from '../../proto/stage.ts';
import type { ApprovalRules } from './approval.ts';

export interface TicketRules {
  /** Where one is asked for. */
  readonly stages: readonly Stage[];
  /** What its state may be. */
  readonly values: readonly string[];
}

export interface IntentRules {
  /** The name of this fleet, as an intent must name it. */
  readonly fleet: string;
  /** Where one is asked for by the coordinator; a host whose policy pins a key asks for itself. */
  readonly stages: readonly Stage[];
  /** For messages. */
  readonly folder: string;
}

export interface PermitRules {
  readonly approvals: ApprovalRules;
  readonly ticket?: TicketRules;
  readonly intents?: IntentRules;
}
