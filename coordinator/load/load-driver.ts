/** Loads, each driven by a child of the coordinator, within what the coordinator's own file allows. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { formatDurationMs } from '../../proto/quantity.ts';
import type { LoadStep } from '../core/experiment.ts';
import { type LoadOutcome, nothingDriven } from '../core/load-outcome.ts';
import type { LoadDriver } from '../engine/ports.ts';
import { readRecording } from './access-log.ts';
import type { LoadOrder, LoadReport } from './load-order.ts';

export interface LoadSettings {
  /** "host:port", as in the address of a step. */
  readonly targets: readonly string[];
  readonly requestsPerSecondMax: number;
  readonly connectionsMax: number;
  readonly durationMaxMs: number;
  readonly logs: readonly { readonly name: string; readonly path: string }[];
}

/** How long a child has to say what it saw, once it is told to stop or its time is over. */
const reportWithinMs = 2000;
const answersWithinMs = 13_000;
const logBytesMax = 32 * 1_048_576;

/** The bundle stands beside that of the coordinator. */
export function createLoadDriver(
  settings: LoadSettings,
  program = fileURLToPath(new URL('leash-load.js', import.meta.url)),
): LoadDriver {
  return {
    async refusals(step) {
      return [...boundsExceeded(settings, step), ...(await logRefusals(settings, step))];
    },
    drive(step, runId) {
      const order = orderOf(settings, step, runId);
      const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'ignore'], cwd: '/', env: {} });
      return followed(child, order);
    },
  };
}

/** "127.0.0.1:8080"; the port of the scheme where the address names none. */
export function targetOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

function boundsExceeded(settings: LoadSettings, step: LoadStep): readonly string[] {
  const { targets, requestsPerSecondMax, connectionsMax, durationMaxMs } = settings;
  const target = targetOf(step.url);
  const known = targets.join(', ') || 'none';
  const rate = step.traffic.kind === 'steady' ? step.traffic.requestsPerSecond : 0;
  const [asked, allowed] = [formatDurationMs(step.durationMs), formatDurationMs(durationMaxMs)];
  return [
    ...(targets.includes(target) ? [] : [`${target} is not among load.targets of the coordinator's file (${known})`]),
    ...(rate > requestsPerSecondMax
      ? [`${rate} requests/s, at most ${requestsPerSecondMax} allowed by load.requestsPerSecondMax`]
      : []),
    ...(step.connectionsMax > connectionsMax
      ? [`${step.connectionsMax} connections, at most ${connectionsMax} allowed by load.connectionsMax`]
      : []),
    ...(step.durationMs > durationMaxMs ? [`${asked} of load, at most ${allowed} allowed by load.durationMax`] : []),
  ];
}

async function logRefusals({ logs, requestsPerSecondMax }: LoadSettings, { traffic }: LoadStep): Promise<string[]> {
  if (traffic.kind !== 'replay') return [];
  const log = logs.find(({ name }) => name === traffic.log);
  if (!log) {
    const known = logs.map(({ name }) => name).join(', ') || 'none';
    return [`${traffic.log} is not among load.logs of the coordinator's file (${known})`];
  }
  const { size } = await stat(log.path);
  if (size > logBytesMax) return [`the log ${log.name} has ${size} bytes, at most ${logBytesMax} are replayed`];
  const { requests, peakPerSecond, leftOut } = readRecording(await readFile(log.path, 'utf8'));
  const peak = peakPerSecond * traffic.speed;
  if (requests.length === 0)
    return [`the log ${log.name} has 0 requests to replay (${leftOut} lines are no GET or HEAD)`];
  if (peak <= requestsPerSecondMax) return [];
  return [
    `the log ${log.name} has up to ${peak} requests/s, at most ${requestsPerSecondMax} allowed by load.requestsPerSecondMax`,
  ];
}

function orderOf({ logs, requestsPerSecondMax }: LoadSettings, step: LoadStep, runId: string): LoadOrder {
  const { url, durationMs, connectionsMax, traffic } = step;
  const order = { runId, url, durationMs, connectionsMax, requestsPerSecondMax };
  if (traffic.kind === 'steady') return { ...order, traffic };
  const path = logs.find(({ name }) => name === traffic.log)?.path ?? '';
  return { ...order, traffic: { kind: 'replay', path, speed: traffic.speed } };
}

function followed(child: ChildProcess, order: LoadOrder): ReturnType<LoadDriver['drive']> {
  const { stdin, stdout } = child;
  let last: LoadOutcome = nothingDriven;
  let isOver = false;
  let deadline = setTimeout(() => child.kill('SIGKILL'), order.durationMs + answersWithinMs + reportWithinMs);
  if (stdout) {
    createInterface({ input: stdout }).on('line', (text) => {
      ({ outcome: last, isOver } = JSON.parse(text) as LoadReport);
    });
  }
  stdin?.on('error', () => undefined);
  // Left open: its end is what ends the child when the coordinator is gone.
  stdin?.write(`${JSON.stringify(order)}\n`);
  const ended = new Promise<LoadOutcome>((resolve) => {
    const settle = (why: string): void => {
      clearTimeout(deadline);
      resolve(isOver ? last : { ...last, error: why });
    };
    child.once('error', (error) => settle(`the load could not be driven: ${error.message}`));
    child.once('close', (code, signal) =>
      settle(`the program that drove it ended by ${signal ?? `exit code ${code}`}`),
    );
  });
  return {
    ended,
    stop() {
      clearTimeout(deadline);
      deadline = setTimeout(() => child.kill('SIGKILL'), reportWithinMs);
      stdin?.write('stop\n');
    },
  };
}
