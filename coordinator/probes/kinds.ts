/** The probes, by the key under which an experiment file has them. */
import type { ProbeSource } from '../core/experiment.ts';
import { execProbe } from './exec.ts';
import { fileProbe } from './file.ts';
import { grpcProbe } from './grpc.ts';
import { hostProbe } from './host.ts';
import { httpProbe } from './http.ts';
import type { ProbeFields, ProbeKind } from './probe-kind.ts';
import { processProbe } from './process.ts';
import { prometheusProbe } from './prometheus.ts';
import { tcpProbe } from './tcp.ts';
import { unitProbe } from './unit.ts';

export const probeKinds = {
  http: httpProbe,
  tcp: tcpProbe,
  grpc: grpcProbe,
  exec: execProbe,
  prometheus: prometheusProbe,
  process: processProbe,
  host: hostProbe,
  file: fileProbe,
  unit: unitProbe,
} as const;

export type ProbeKindName = keyof typeof probeKinds;

/** The values that a probe of each kind has. Error ratio, percentiles and counts are over its window. */
export function probeFields(kind: ProbeSource['kind']): ProbeFields {
  return probeKinds[kind].fields;
}

/** What the bare name of such a probe means in a rule. */
export function mainFieldOf(kind: ProbeSource['kind']): string | undefined {
  return (probeKinds[kind] as Pick<ProbeKind, 'mainField'>).mainField;
}

const overWindow: readonly string[] = [
  'errorRatio',
  'latencyP50Ms',
  'latencyP95Ms',
  'latencyP99Ms',
  'matches',
  'restarts',
  'respawned',
];

/** Whether a value is computed over the samples of the probe's window, and not of the newest alone. */
export function isOverWindow(field: string): boolean {
  return overWindow.includes(field);
}
