/** What a look at all processes costs the agent, beside ps with the same columns in the same run. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import type { leash } from '../../proto/codec.ts';
import { type Selector, selectorToWire } from '../../proto/selector.ts';
import { agentService } from '../../proto/services.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { percentile, rounded } from './figures.ts';
import { createLoopProbe, type LongestTurn } from './loop-probe.ts';
import type { BenchOptions } from './main.ts';
import { startSleepers } from './sleepers.ts';

const roundsMax = 5;
const tickMs = 10;
/** One column for each thing that ListProcesses tells. */
const columns = 'pid,ppid,etimes,uid,user,comm,exe,args,nlwp';

interface Round {
  readonly full: number;
  readonly steady: number;
  readonly ps: number;
  readonly psWithCgroup: number;
  readonly listed: number;
}

/** `trials` is the number of processes; 10,000 by default. CPU times are medians of five. */
export async function scan(options: BenchOptions): Promise<object> {
  const wanted = options.trials ?? 10_000;
  options.say(`starting ${wanted} sleeping processes`);
  const sleepers = await startSleepers(wanted);
  const rig = await startAgentRig();
  try {
    options.say('waiting until they are older than ten seconds, as most processes are');
    await sleepers.settled();
    // Whatever has become somebody's child since may have changed the answer: this is read anew each time.
    const everyone: Selector = { descendantsOf: { pid: sleepers.rootPid } };
    const nearlyNoOne: Selector = { name: 'leash-no-such-name' };
    // In turns, so that all three meet the same machine.
    const rounds: Round[] = [];
    for (const selector of [everyone, nearlyNoOne]) await list(rig, selector);
    for (let round = 0; round < roundsMax; round += 1) {
      const full = await list(rig, everyone);
      const steady = await list(rig, nearlyNoOne);
      const ps = psCpuMs(`${columns},unit`);
      const psWithCgroup = psCpuMs(`${columns},cgroup`);
      rounds.push({ full: full.cpuMs, steady: steady.cpuMs, ps, psWithCgroup, listed: full.listed });
      options.say(`agent ${rounded(full.cpuMs)} ms, steady ${rounded(steady.cpuMs)} ms, ps ${ps} ms`);
    }
    const turns = await longestTurns([everyone, nearlyNoOne], options);
    const cpuMs = median(rounds.map(({ full }) => full));
    const steadyCpuMs = median(rounds.map(({ steady }) => steady));
    const psMs = median(rounds.map(({ ps }) => ps));
    const psWithCgroupMs = median(rounds.map(({ psWithCgroup }) => psWithCgroup));
    return {
      processes: readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length,
      listed: rounds[0]?.listed,
      cpuMs: rounded(cpuMs),
      steadyCpuMs: rounded(steadyCpuMs),
      psCpuMs: rounded(psMs),
      ratioToPs: ratio(cpuMs, psMs),
      steadyRatioToPs: ratio(steadyCpuMs, psMs),
      // ps asks libsystemd for the unit, which is dear; for the control group it reads the same file and no more.
      psWithCgroupCpuMs: rounded(psWithCgroupMs),
      ratioToPsWithCgroup: ratio(cpuMs, psWithCgroupMs),
      steadyRatioToPsWithCgroup: ratio(steadyCpuMs, psWithCgroupMs),
      // By the clock, so that other work on the machine is in it; and what the agent itself did in one turn.
      longestBlockMs: rounded(median(turns.map(({ blockMs }) => blockMs))),
      worstBlockMs: rounded(Math.max(...turns.map(({ blockMs }) => blockMs))),
      longestBlockCpuMs: rounded(median(turns.map(({ blockCpuMs }) => blockCpuMs))),
      worstBlockCpuMs: rounded(Math.max(...turns.map(({ blockCpuMs }) => blockCpuMs))),
      psColumns: `${columns},unit`,
      node: process.version,
    };
  } finally {
    await rig.dispose();
    await sleepers.stop();
  }
}

/** One ListProcesses of a real agent over its socket, and the CPU time that all its threads spent on it. */
async function list(rig: AgentRig, selector: Selector): Promise<{ readonly cpuMs: number; readonly listed: number }> {
  const Client = makeGenericClientConstructor(agentService, 'leash.v1.Agent');
  const client = new Client(`unix:${rig.socketPath}`, credentials.createInsecure());
  try {
    await new Promise<void>((resolve, reject) =>
      client.waitForReady(Date.now() + 5000, (error) => (error ? reject(error) : resolve())),
    );
    const before = cpuMsOf(rig.pid());
    const listed = await new Promise<number>((resolve, reject) => {
      let count = 0;
      const listProcesses = client.listProcesses as never as (request: object, options: object) => NodeJS.EventEmitter;
      listProcesses
        .call(client, { selector: selectorToWire(selector) }, { deadline: Date.now() + 60_000 })
        .on('data', ({ processes }: leash.v1.ListProcessesReply) => {
          count += processes.length;
        })
        .on('error', reject)
        .on('end', () => resolve(count));
    });
    return { cpuMs: cpuMsOf(rig.pid()) - before, listed };
  } finally {
    client.close();
  }
}

/** Of each look of another agent, which is watched from inside: to watch it costs CPU time. */
async function longestTurns(selectors: readonly Selector[], options: BenchOptions): Promise<readonly LongestTurn[]> {
  const directory = makeTestDirectory();
  const probe = createLoopProbe(directory);
  const rig = await startAgentRig({ environment: probe.env });
  try {
    for (const selector of selectors) await list(rig, selector);
    const turns: LongestTurn[] = [];
    for (let round = 0; round < roundsMax; round += 1) {
      for (const selector of selectors) {
        await probe.ask(rig.process());
        await list(rig, selector);
        const longest = await probe.ask(rig.process());
        turns.push(longest);
        options.say(JSON.stringify(longest));
      }
    }
    return turns;
  } finally {
    await rig.dispose();
    directory.remove();
  }
}

/** User and system time of one ps, whose output goes nowhere. */
function psCpuMs(columns: string): number {
  const before = childrenCpuMs();
  const { status } = spawnSync('ps', ['-eo', columns], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`ps -eo ${columns} failed`);
  return childrenCpuMs() - before;
}

/** Of all children that were waited for; fields 16 and 17 of /proc/PID/stat. */
function childrenCpuMs(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * tickMs;
}

/** Of all threads, to the nanosecond: the first field of schedstat. */
function cpuMsOf(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const times = readdirSync(folder).map((tid) =>
    Number(readFileSync(`${folder}/${tid}/schedstat`, 'latin1').split(' ')[0]),
  );
  return times.reduce((sum, time) => sum + time, 0) / 1e6;
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

function ratio(one: number, other: number): number {
  return Math.round((one / other) * 1000) / 1000;
}
