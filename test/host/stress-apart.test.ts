/** A stressor must never win against the agent that holds it: they share nothing by which the kernel hands out time or memory. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, onTestFinished } from 'vitest';
import { listHolders } from '../../agent/host/holder-children.ts';
import type { Pid } from '../../proto/identity.ts';
import type { JsonObject } from '../../proto/struct.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { inject } from '../rig/inject.ts';
import { findProgram, unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';
import { victimProgram } from './harness/build.ts';

const isRoot = process.getuid?.() === 0;
const asService = unless(isRoot && findProgram('unshare') !== undefined, 'root, to make cgroups');
const policyOrdinary = 0;
const mostLikelyKilled = 1000;

/** A real-time policy is not to be had in a cgroup of the first version without a share of real time; any other will do. */
const realTime = spawnSync('chrt', ['--rr', '5', 'true']).status === 0;
if (!realTime) process.stderr.write('NOT TESTED here: a real-time policy; SCHED_BATCH stands in for it\n');

/** How the agent is favoured beside its own cgroup: by nothing, by its nice value, or by a real-time policy. */
const favours: readonly (readonly [string, readonly string[]])[] = [
  ['nothing more', []],
  ['a low nice value', ['nice', '-n', '-5']],
  ['another policy', realTime ? ['chrt', '--rr', '5'] : ['chrt', '--batch', '0']],
];

interface Place {
  readonly session: number;
  readonly cgroup: string;
  readonly oomScoreAdjust: number;
  /** Of every thread. */
  readonly nices: readonly number[];
  readonly policies: readonly number[];
}

function placeOf(pid: number): Place {
  const stat = fieldsOf(`/proc/${pid}/stat`);
  const threads = readdirSync(`/proc/${pid}/task`).map((tid) => fieldsOf(`/proc/${pid}/task/${tid}/stat`));
  const cgroups = readFileSync(`/proc/${pid}/cgroup`, 'latin1').trim().split('\n');
  return {
    session: Number(stat[3]),
    cgroup: cgroups.find((line) => line.startsWith('0::'))?.slice(3) ?? '',
    oomScoreAdjust: Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'latin1')),
    nices: threads.map((fields) => Number(fields[16])),
    policies: threads.map((fields) => Number(fields[38])),
  };
}

/** From the third on: what follows the name (proc_pid_stat(5)). */
function fieldsOf(path: string): readonly string[] {
  const stat = readFileSync(path, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

async function startService(favour: readonly string[], scratch: string): Promise<AgentRig> {
  const service = `leash-test-${process.pid}-${Math.floor(performance.now())}.service`;
  const within = ['unshare', '--mount', '--propagation', 'private', '--', victimProgram('as-service.sh'), service];
  const rig = await startAgentRig({
    inside: [...within, ...favour],
    policy: `injectsPerMinute: 600\nfaultsMax: 8\nleaseMax: 60s\ncpuPercentMax: 100%\npaths: { allow: [${scratch}] }\n`,
  });
  onTestFinished(async () => {
    await rig.dispose();
    const [command = '', ...args] = within;
    // The last of its processes may still be on its way out.
    await until('its cgroup is removed', () => succeeds(command, args));
  });
  return rig;
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.each(favours)('beside an agent that is favoured by %s', (name, favour) => {
  asService('a stressor has another session, cgroup, OOM score and scheduling policy', async () => {
    const directory = makeTestDirectory();
    onTestFinished(() => directory.remove());
    const path = directory.sub('scratch');
    mkdirSync(path, { recursive: true });
    const rig = await startService(favour, path);
    const own = placeOf(rig.pid());
    if (name === 'another policy') expect(own.policies[0]).not.toBe(policyOrdinary);
    const stressors: readonly (readonly [string, JsonObject])[] = [
      ['stress.cpu', { cores: 2, load: '5%' }],
      ['stress.memory', { size: '16MiB' }],
      ['stress.io', { path, rate: '1MiB', size: '2MiB' }],
      ['stress.disk', { path, size: '16MiB' }],
      ['stress.fds', { count: 100 }],
    ];
    for (const [kind, parameters] of stressors) await inject(rig.client, { kind, parameters, leaseTtlMs: 60_000 });
    const holders = listHolders(rig.pid() as Pid);
    expect(holders).toHaveLength(stressors.length);
    for (const { pid } of holders) {
      const place = placeOf(pid);
      expect(place.session).toBe(pid);
      expect(place.cgroup).toMatch(/\.service\/stress$/);
      expect(place.oomScoreAdjust).toBe(mostLikelyKilled);
      expect(new Set(place.nices)).toEqual(new Set([0]));
      expect(new Set(place.policies)).toEqual(new Set([policyOrdinary]));
    }
    expect(own.cgroup).toMatch(/\.service\/agent$/);
    expect(own.oomScoreAdjust).toBeLessThan(mostLikelyKilled);
    expect(holders.map(({ pid }) => pid)).not.toContain(own.session);
    await rig.client.call('restore', { everything: true, reason: 'test' });
  });
});
