/**
 * A real service under a real Prometheus: haproxy before two workers, a steady stream of customers, and a scrape a
 * second of haproxy's own metrics. One answer in twenty-five is an error also when all is well.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import type { TestDirectory } from './directory.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';
import { statesOf } from './workers.ts';

export interface MeasuredShop {
  readonly prometheusUrl: string;
  /** Of the two processes behind haproxy; the first is the one to be paused. */
  readonly workers: readonly { readonly name: string; readonly pid: number; isHeld(): boolean; isRunning(): boolean }[];
  readonly customerPort: number;
  prometheus(): ChildProcess;
  startPrometheus(): Promise<void>;
  stopPrometheus(): Promise<void>;
  /** What an instant query says, at a time. */
  query(query: string, atUnixMs?: number): Promise<PrometheusResult>;
  /** What the same query would have said at each step. */
  queryRange(query: string, fromUnixMs: number, toUnixMs: number, stepMs: number): Promise<PrometheusResult>;
  stop(): Promise<void>;
}

export type PrometheusResult = readonly {
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}[];

/** A paused worker answers nobody; haproxy gives up after this and says 504. */
const serverTimeoutMs = 400;
const customerEveryMs = 10;

export const shopQueries = {
  errors:
    'sum(rate(haproxy_frontend_http_responses_total{proxy="shop",code="5xx"}[3s])) / sum(rate(haproxy_frontend_http_responses_total{proxy="shop"}[3s]))',
  up: 'min(up{job="shop"})',
};

export async function startMeasuredShop(
  directory: TestDirectory,
  names: readonly [string, string],
): Promise<MeasuredShop> {
  const [customerPort, metricsPort, prometheusPort, ...workerPorts] = await Promise.all(
    Array.from({ length: 5 }, () => freePort()),
  );
  const children: ChildProcess[] = [];
  const log = openSync(join(directory.path, 'shop.log'), 'a', 0o600);
  const start = (command: string, args: readonly string[]): ChildProcess => {
    const child = spawn(command, args, { stdio: ['ignore', log, log] });
    children.push(child);
    return child;
  };
  const file = (name: string, text: string): string => {
    const path = join(directory.path, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const workers = names.map((name, index) => {
    const child = start(process.execPath, ['-e', workerProgram(name, workerPorts[index] as number)]);
    return {
      name,
      pid: child.pid ?? 0,
      isHeld: () => statesOf(child.pid ?? 0).some((state) => state === 't' || state === 'T'),
      isRunning: () => statesOf(child.pid ?? 0).every((state) => state !== 't' && state !== 'T'),
    };
  });
  start('haproxy', [
    '-db',
    '-f',
    file('haproxy.cfg', haproxyText(customerPort as number, metricsPort as number, workerPorts)),
  ]);
  const config = file('prometheus.yml', prometheusText(metricsPort as number));
  const prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
  let prometheus: ChildProcess | undefined;

  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const customers = setInterval(() => {
    get({ host: '127.0.0.1', port: customerPort, agent, timeout: 2000 }, (answer) => answer.resume()).on(
      'error',
      () => {},
    );
  }, customerEveryMs);

  const shop: MeasuredShop = {
    prometheusUrl,
    workers,
    customerPort: customerPort as number,
    prometheus: () => prometheus as ChildProcess,
    async startPrometheus() {
      prometheus = start('prometheus', [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory.path, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${prometheusPort}`,
        '--log.level=warn',
      ]);
      const started = prometheus;
      await until(
        'Prometheus has a rate of errors',
        async () => {
          if (started.exitCode !== null) throw new Error(readFileSync(join(directory.path, 'shop.log'), 'utf8'));
          const found = await shop.query(shopQueries.errors).catch(() => []);
          return Number(found[0]?.value?.[1]) >= 0;
        },
        30_000,
      );
    },
    async stopPrometheus() {
      if (prometheus) await ended(prometheus);
    },
    query(query, atUnixMs) {
      const time = atUnixMs === undefined ? {} : { time: String(atUnixMs / 1000) };
      return asked('query', { query, ...time });
    },
    queryRange(query, fromUnixMs, toUnixMs, stepMs) {
      const [start, end, step] = [fromUnixMs, toUnixMs, stepMs].map((ms) => String(ms / 1000));
      return asked('query_range', { query, start, end, step } as Record<string, string>);
    },
    async stop() {
      clearInterval(customers);
      agent.destroy();
      await Promise.all(children.map(ended));
    },
  };
  await shop.startPrometheus();
  return shop;

  async function asked(path: string, parameters: Record<string, string>): Promise<PrometheusResult> {
    const body = new URLSearchParams(parameters);
    const response = await fetch(`${prometheusUrl}/api/v1/${path}`, { method: 'POST', body });
    const answer = (await response.json()) as { data?: { result?: PrometheusResult }; error?: string };
    if (!answer.data?.result) throw new Error(`Prometheus answered ${response.status}: ${answer.error ?? ''}`);
    return answer.data.result;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await end;
}

function workerProgram(name: string, port: number): string {
  return `process.title = ${JSON.stringify(name)}; let count = 0;
require('node:http').createServer((_, answer) => {
  count += 1;
  answer.statusCode = count % 25 === 0 ? 500 : 200;
  answer.end('ok');
}).listen(${port}, '127.0.0.1');`;
}

function haproxyText(customerPort: number, metricsPort: number, workerPorts: readonly number[]): string {
  const servers = workerPorts.map((port, index) => `  server worker${index} 127.0.0.1:${port}`);
  return `global
  maxconn 2000
defaults
  mode http
  retries 0
  timeout connect ${serverTimeoutMs}ms
  timeout client 5s
  timeout server ${serverTimeoutMs}ms
frontend shop
  bind 127.0.0.1:${customerPort}
  default_backend workers
backend workers
  balance roundrobin
  http-reuse never
${servers.join('\n')}
frontend metrics
  bind 127.0.0.1:${metricsPort}
  http-request use-service prometheus-exporter if { path /metrics }
`;
}

function prometheusText(metricsPort: number): string {
  return `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - { job_name: shop, static_configs: [ { targets: [ "127.0.0.1:${metricsPort}" ] } ] }
`;
}
