/** What an idle agent costs: memory and CPU with one session open, beside a bare Node process in the same run. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { agentService } from '../../proto/services.ts';
import { startAgentRig } from '../rig/agent.ts';
import { until } from '../rig/until.ts';
import { rounded } from './figures.ts';
import type { BenchOptions } from './main.ts';

const heartbeatMs = 3000;
const tickMs = 10;

/** `trials` is the number of seconds that the agent is watched; 60 by default. */
export async function footprint(options: BenchOptions): Promise<object> {
  const watchMs = (options.trials ?? 60) * 1000;
  const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' });
  const startedAtMs = performance.now();
  const rig = await startAgentRig();
  const startToFirstAnswerMs = performance.now() - startedAtMs;
  try {
    const Client = makeGenericClientConstructor(agentService, 'leash.v1.Agent');
    const client = new Client(`unix:${rig.socketPath}`, credentials.createInsecure());
    const session = (client.session as never as () => NodeJS.EventEmitter & { write(message: object): void }).call(
      client,
    );
    let answers = 0;
    session.on('data', () => {
      answers += 1;
    });
    session.on('error', () => undefined);
    session.write({ sequence: 0 });
    await until('the session answers', () => answers >= 2);
    const heartbeat = setInterval((sequence) => session.write({ sequence }), heartbeatMs, 1);
    const before = cpuTicks(rig.pid());
    const beganAtMs = performance.now();
    options.say(`watching an idle agent for ${watchMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, watchMs));
    const cpuMs = (cpuTicks(rig.pid()) - before) * tickMs;
    const elapsedMs = performance.now() - beganAtMs;
    clearInterval(heartbeat);
    client.close();
    return {
      rssMb: memoryMb(rig.pid(), 'Rss'),
      pssMb: memoryMb(rig.pid(), 'Pss'),
      bareNodeRssMb: memoryMb(bare.pid ?? 0, 'Rss'),
      cpuPercent: Math.round((cpuMs / elapsedMs) * 10_000) / 100,
      startToFirstAnswerMs: rounded(startToFirstAnswerMs),
      watchedMs: Math.round(elapsedMs),
      node: process.version,
    };
  } finally {
    bare.kill('SIGKILL');
    await rig.dispose();
  }
}

/** User and system time; fields 14 and 15 of /proc/PID/stat, counted from the last parenthesis. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function memoryMb(pid: number, field: 'Rss' | 'Pss'): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return rounded(Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) / 1024);
}
