/** Recorded runs, one JSON document a line: what a service showed each second, and what was done to it. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../rig/project.ts';

export interface Recording {
  readonly seed: number;
  readonly index: number;
  /** "2026-11-27T14:03:00Z" */
  readonly at: string;
  readonly machine: string;
  readonly requestsPerSecond: number;
  readonly sharePercent: number;
  readonly redispatches: boolean;
  readonly respawnMs: number;
  readonly baselineSeconds: number;
  /** How late the recorder itself was at worst: on a machine that is overloaded, nothing else is recorded either. */
  readonly latestMs?: number;
  /** What was injected, and in which second of the recording; null where nothing was. */
  readonly fault: { readonly kind: string; readonly parameters: object; readonly atSecond: number } | null;
  /** One each second; null where nobody was answered in it. */
  readonly latencyP95Ms: readonly (number | null)[];
  readonly errorRatio: readonly (number | null)[];
}

export const recordingsFolder = join(projectFolder, 'test/bench/recordings');

export function readRecordings(path: string): readonly Recording[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recording);
}

export function appendRecording(path: string, recording: Recording): void {
  appendFileSync(path, `${JSON.stringify(recording)}\n`);
}
