/** A run that needs a signed intent takes one of the runs that the intent is for. */
import type { GateVerdict } from '../core/gate-verdict.ts';
import type { GateInput } from '../gates/gate.ts';
import { signedIntent } from '../gates/signed-intent.ts';
import type { EnginePorts } from './ports.ts';

/** @returns the verdict of the gate that lost, or undefined when the run has what it needs. */
export async function takeIntent(
  { permits }: Pick<EnginePorts, 'permits'>,
  { experiment, scopeDigest, permits: view }: GateInput,
  runId: string,
): Promise<GateVerdict | undefined> {
  const { stage } = experiment;
  if (!permits || !view?.rules.intents?.stages.includes(stage)) return undefined;
  const { intent } = await view.findIntent(scopeDigest, stage);
  const isTaken = intent && (await permits.records.takeIntent(intent.document.nonce, runId, intent.document.runs));
  if (isTaken) return undefined;
  const message = intent ? `all ${intent.document.runs} runs of ${intent.source} have started` : 'the intent is gone';
  return { gate: signedIntent.name, passed: false, message, remedies: ['have another one signed'] };
}
