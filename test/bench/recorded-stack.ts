/**
 * One small real service to be recorded: haproxy before two workers, customers that come at random and in varying number,
 * and what they met, once a second. All is well in it is not all is even: workers have slow answers, hiccups and errors.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import type { TestDirectory } from '../rig/directory.ts';
import { freePort } from '../rig/free-port.ts';
import { until } from '../rig/until.ts';
import { percentile } from './figures.ts';

export interface StackPlan {
  /** At most 15 bytes: the name of the worker that is hurt. */
  readonly name: string;
  readonly seed: number;
  readonly requestsPerSecond: number;
  /** How much of the traffic goes to the worker that is hurt. */
  readonly sharePercent: number;
  /** What haproxy does with a request that a dead worker did not take. */
  readonly redispatches: boolean;
  /** How long it takes until a dead worker is replaced. */
  readonly respawnMs: number;
}

export interface Second {
  /** Missing where nobody was answered. */
  readonly p95Ms: number | null;
  readonly errorRatio: number | null;
  readonly requests: number;
}

export interface RecordedStack {
  /** What was answered since the last call. */
  take(): Second;
  stop(): Promise<void>;
}

const serverTimeoutMs = 1000;

export async function startRecordedStack(
  directory: TestDirectory,
  plan: StackPlan,
  random: () => number,
): Promise<RecordedStack> {
  const [customerPort = 0, hurtPort = 0, otherPort = 0] = [await freePort(), await freePort(), await freePort()];
  const children = new Set<ChildProcess>();
  let isStopped = false;
  const endAll = async (): Promise<void> => {
    isStopped = true;
    await Promise.all(
      [...children].map((child) => {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        return gone;
      }),
    );
  };
  const start = (command: string, args: readonly string[]): ChildProcess => {
    const child = spawn(command, args, { stdio: 'ignore' });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };
  const startWorker = (name: string, port: number, seed: number): void => {
    const child = start(process.execPath, ['--max-semi-space-size=1', '-e', workerProgram(name, port, seed)]);
    child.once('exit', () => {
      if (!isStopped) setTimeout(() => !isStopped && startWorker(name, port, seed + 1), plan.respawnMs).unref();
    });
  };
  startWorker(plan.name, hurtPort, plan.seed);
  startWorker(`${plan.name}o`, otherPort, plan.seed + 500);
  const file = join(directory.path, `${plan.name}.cfg`);
  writeFileSync(file, haproxyText(plan, customerPort, hurtPort, otherPort), { mode: 0o600 });
  start('haproxy', ['-db', '-f', file]);

  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  let latencies: number[] = [];
  let errors = 0;
  const ask = (): Promise<boolean> =>
    new Promise((resolve) => {
      const sentAt = performance.now();
      const answered = (isGood: boolean): void => {
        latencies.push(performance.now() - sentAt);
        if (!isGood) errors += 1;
        resolve(isGood);
      };
      const request = get({ host: '127.0.0.1', port: customerPort, agent, timeout: 3000 }, (answer) => {
        answer.resume().once('end', () => answered((answer.statusCode ?? 599) < 500));
      });
      request.on('timeout', () => request.destroy()).on('error', () => answered(false));
    });
  await until('the stack answers', ask, 30_000).catch(async (error: unknown) => {
    agent.destroy();
    await endAll();
    throw error;
  });

  // Who comes when is a Poisson process whose rate drifts: what a second sees depends on the seconds before it.
  let drift = 0;
  const drifting = setInterval(() => {
    drift = 0.97 * drift + 0.05 * normal(random);
  }, 1000);
  let timer: NodeJS.Timeout;
  const next = (): void => {
    const perSecond = plan.requestsPerSecond * Math.exp(drift);
    timer = setTimeout(
      () => {
        void ask();
        next();
      },
      (-Math.log(1 - random()) / perSecond) * 1000,
    );
  };
  next();

  return {
    take() {
      const [taken, bad] = [latencies, errors];
      [latencies, errors] = [[], 0];
      if (taken.length === 0) return { p95Ms: null, errorRatio: null, requests: 0 };
      return { p95Ms: percentile(taken, 0.95), errorRatio: bad / taken.length, requests: taken.length };
    },
    async stop() {
      clearInterval(drifting);
      clearTimeout(timer);
      agent.destroy();
      await endAll();
    },
  };
}

export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Forty milliseconds at the median, more with each request beside it; one error in eighty; a hiccup now and then. */
function workerProgram(name: string, port: number, seed: number): string {
  return `process.title = ${JSON.stringify(name)}; let state = ${seed} >>> 0, open = 0;
const random = () => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return (state + 0.5) / 4294967296; };
const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
require('node:http').createServer((_, answer) => {
  open += 1;
  setTimeout(() => {
    open -= 1;
    answer.statusCode = random() < 0.0125 ? 500 : 200;
    answer.end('ok');
  }, 40 * Math.exp(0.5 * normal()) * (1 + 0.15 * open));
}).listen(${port}, '127.0.0.1');
const hiccup = () => setTimeout(() => {
  const until = performance.now() + 30 + 90 * random();
  while (performance.now() < until);
  hiccup();
}, -Math.log(random()) * 40000);
hiccup();`;
}

function haproxyText(plan: StackPlan, customerPort: number, hurtPort: number, otherPort: number): string {
  const weight = Math.max(1, Math.round(plan.sharePercent * 2));
  return `global
  maxconn 500
  nbthread 1
defaults
  mode http
  retries ${plan.redispatches ? 2 : 0}
  ${plan.redispatches ? 'option redispatch 1' : ''}
  timeout connect 500ms
  timeout client 5s
  timeout server ${serverTimeoutMs}ms
frontend shop
  bind 127.0.0.1:${customerPort}
  default_backend workers
backend workers
  balance random
  server hurt 127.0.0.1:${hurtPort} weight ${weight}
  server other 127.0.0.1:${otherPort} weight ${200 - weight}
`;
}
