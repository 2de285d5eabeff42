/** The gates, in the order in which their verdicts are told. */

import { allowedScope } from './allowed-scope.ts';
import { approval } from './approval.ts';
import { blastRadius } from './blast-radius.ts';
import { catalogMetadata } from './catalog-metadata.ts';
import { concurrency } from './concurrency.ts';
import { drilled } from './drilled.ts';
import { errorBudget } from './error-budget.ts';
import type { Gate } from './gate.ts';
import { halted } from './halted.ts';
import { hostLimits } from './host-limits.ts';
import { hosts } from './hosts.ts';
import { liveIncident } from './live-incident.ts';
import { load } from './load.ts';
import { observability } from './observability.ts';
import { onCall } from './on-call.ts';
import { policy } from './policy.ts';
import { preconditions } from './preconditions.ts';
import { promotion } from './promotion.ts';
import { role } from './role.ts';
import { signedIntent } from './signed-intent.ts';
import { stage } from './stage.ts';
import { ticket } from './ticket.ts';
import { zonesAndServices } from './zones-and-services.ts';

export const gates: readonly Gate[] = [
  halted,
  hosts,
  stage,
  role,
  approval,
  ticket,
  policy,
  signedIntent,
  promotion,
  catalogMetadata,
  allowedScope,
  blastRadius,
  hostLimits,
  concurrency,
  zonesAndServices,
  liveIncident,
  onCall,
  observability,
  preconditions,
  errorBudget,
  load,
  drilled,
];
