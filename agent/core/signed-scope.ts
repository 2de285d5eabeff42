/**
 * The scope that an intent is signed for, as a host reads it: the canonical text whose digest the intent names. A host
 * compares what it is asked for with what is in there, so that who holds the intent can do no more than was signed.
 */
import { canonicalJson } from '../../proto/canonical-json.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { actionsFromWire, actionToWire, type RollbackAction } from '../../proto/rollback-action.ts';
import { type Targeting, targetingFromWire, targetingToWire } from '../../proto/selector.ts';
import type { JsonObject } from '../../proto/struct.ts';

export interface SignedScope {
  readonly stage: string;
  readonly hostNames: readonly string[];
  readonly steps: readonly SignedStep[];
  /** Canonical texts of the rollback actions. */
  readonly rollback: readonly string[];
}

export interface SignedStep {
  readonly number: number;
  readonly fault: string;
  /** Canonical texts, so that they can be compared. */
  readonly parameters: string;
  /** Empty for a fault of the whole host. */
  readonly targeting: string;
  readonly durationMs: number;
  readonly isIrreversible: boolean;
}

/** As JSON gives it; whatever is not as a coordinator writes it fails in a way that is caught. */
type Written = Readonly<Record<string, unknown>>;

export const scopeBytesMax = 131_072;

/** @throws InvalidInput for a text that no coordinator of this version signs for. */
export function parseSignedScope(text: string): SignedScope {
  try {
    const scope = JSON.parse(text) as Written;
    if (scope.format !== 1) throw new InvalidInput('intent.scope.format', scope.format, 'must be 1');
    const steps = (scope.method as readonly (readonly Written[])[]).flat().filter((step) => step.kind === 'fault');
    return {
      stage: word(scope.stage),
      hostNames: (scope.hostNames as unknown[]).map(word),
      steps: steps.map((step) => stepOf(step, scope.targets)),
      rollback: ((scope.rollback ?? []) as RollbackAction[]).map(actionText),
    };
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw new InvalidInput('intent.scope', '…', 'must be the canonical text of a scope');
  }
}

export function parametersText(parameters: JsonObject): string {
  return canonicalJson(parameters);
}

/** Through the contract's own door, so that what was written and what came over the wire have one spelling. */
export function targetingText(targeting: Targeting | undefined): string {
  return targeting ? canonicalJson(targetingFromWire(targetingToWire(targeting))) : '';
}

export function actionText(action: RollbackAction): string {
  return canonicalJson(actionsFromWire([actionToWire(action)], 'rollback'));
}

function stepOf(step: Written, whole: unknown): SignedStep {
  const targets = (step.targets ?? whole) as { readonly processes?: Targeting };
  return {
    number: Number(step.number),
    fault: word(step.fault),
    parameters: parametersText(step.parameters as JsonObject),
    targeting: targetingText(targets.processes),
    durationMs: Number(step.durationMs),
    isIrreversible: step.consentIrreversible === true,
  };
}

function word(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new InvalidInput('intent.scope', value, 'must have text here');
}
