/** A run takes its zones and services, so that nobody else can while it lasts. */
import { claimsOf } from '../core/claims.ts';
import type { GateVerdict } from '../core/gate-verdict.ts';
import type { GateInput } from '../gates/gate.ts';
import { zonesAndServices } from '../gates/zones-and-services.ts';
import type { EnginePorts } from './ports.ts';
import { withoutProgramme } from './programme-port.ts';

/** @returns the verdict of the gate that lost, or undefined when the run has what it needs. */
export async function takeClaims(
  { programme = withoutProgramme }: Pick<EnginePorts, 'programme'>,
  { experiment, hosts }: GateInput,
  runId: string,
): Promise<GateVerdict | undefined> {
  const conflicts = await programme.records.claim(runId, experiment.name, claimsOf(experiment, hosts));
  if (conflicts.length === 0) return undefined;
  const remedies = ['wait until that run is over and every host has confirmed, or end it by leash abort RUN'];
  return { gate: zonesAndServices.name, passed: false, message: conflicts.join('; '), remedies };
}
