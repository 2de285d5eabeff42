/** What people ask a host for when they do not know what is going on there: what is held, and that it be let go of. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { inject } from '../rig/inject.ts';
import { enterTestNetwork } from '../rig/network.ts';
import { distFolder } from '../rig/project.ts';
import { findProgram, unless } from '../rig/requirement.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const isRoot = process.getuid?.() === 0;

function leashAgent(...args: readonly string[]) {
  return spawnSync(process.execPath, [join(distFolder, 'leash-agent.js'), ...args], { encoding: 'utf8' });
}

describe('of what is held', () => {
  const test = unless(isRoot, 'root');
  const policy = 'journalWithoutSupervisor: true\ninjectsPerMinute: 600\nleaseMax: 1m\n';
  let rig: AgentRig;
  let worker: Worker;
  beforeEach(async () => {
    if (!isRoot) return;
    rig = await startAgentRig({ policy });
    worker = await startWorker(workerName('h'));
  });
  afterEach(async () => {
    await rig?.dispose();
    await worker?.end();
  });

  async function holdTwo(): Promise<readonly (string | null | undefined)[]> {
    const selector = { pid: worker.pid };
    const renice = { kind: 'process.renice', parameters: { nice: 9 }, selector };
    const stress = { kind: 'stress.cpu', parameters: { cores: 1, load: '10%' } };
    return [
      (await inject(rig.client, { ...renice, leaseTtlMs: 60_000, durationMs: 50_000 })).faultId,
      (await inject(rig.client, { ...stress, leaseTtlMs: 20_000, durationMs: 50_000 })).faultId,
    ];
  }

  test('`leash-agent status` says by which binding it is held, and until when', async () => {
    const [renice, stress] = await holdTwo();
    const { status, stdout } = leashAgent('status', '--json', ...rig.directories);
    const { faults } = JSON.parse(stdout) as { readonly faults: readonly Record<string, unknown>[] };
    expect([status, faults.map(({ faultId, kind, binding, phase }) => [faultId, kind, binding, phase])]).toEqual([
      0,
      [
        [renice, 'process.renice', 'journal', 'active'],
        [stress, 'stress.cpu', 'kernel', 'active'],
      ],
    ]);
    for (const [index, leaseMs] of [50_000, 20_000].entries()) {
      const { leaseRemainingMs, durationRemainingMs } = faults[index] as Readonly<Record<string, number>>;
      expect(Math.min(leaseRemainingMs as number, durationRemainingMs as number)).toBeLessThanOrEqual(leaseMs);
      expect(durationRemainingMs).toBeGreaterThan(0);
    }
    const said = leashAgent('status', ...rig.directories).stdout;
    expect(said).toMatch(/process\.renice active, bound by journal, ends in \S+ unless renewed, in \S+ at the latest/);
    expect(said).toMatch(/stress\.cpu active, bound by kernel, ends in \S+ unless renewed, in \S+ at the latest/);
    expect(said).toContain(`pid ${worker.pid}`);
  });

  test('`leash-agent restore` lets go of all, whichever experiment it is of', async () => {
    await holdTwo();
    const { status, stdout } = leashAgent('restore', '--json', ...rig.directories);
    const { receipts } = JSON.parse(stdout) as { readonly receipts: readonly { readonly confirmed: boolean }[] };
    expect([status, receipts.map(({ confirmed }) => confirmed)]).toEqual([0, [true, true]]);
    expect(leashAgent('status', ...rig.directories).stdout).toContain('nothing is held');
  });
});

describe('of what an experiment left that nobody has a record of', () => {
  const test = unless(isRoot && findProgram('tc') !== undefined, 'root and tc (package iproute2)');

  test('`leash-agent restore` sweeps away what has our mark, and nothing that is called alike', () => {
    const network = enterTestNetwork();
    const directory = makeTestDirectory();
    try {
      const [wire = ''] = JSON.parse(
        execFileSync('ip', ['-json', 'link', 'show', 'type', 'veth'], { encoding: 'utf8' }),
      ).map(({ ifname }: { readonly ifname: string }) => ifname);
      const queueOf = (name: string): string =>
        execFileSync('tc', ['qdisc', 'show', 'dev', name], { encoding: 'utf8' });
      const add = (name: string, handle: string): void =>
        void execFileSync('tc', ['qdisc', 'add', 'dev', name, 'root', 'handle', handle, 'pfifo', 'limit', '77']);
      const before = queueOf(wire);
      add(wire, '1ea5:');
      add('lo', '1ea4:');
      const others = queueOf('lo');
      const [state, run, config] = ['state', 'run', 'config'].map((name) => directory.sub(name)) as [
        string,
        string,
        string,
      ];
      // By the mark and not by the name: the policy lists neither of the two.
      writeFileSync(join(config, 'policy.yaml'), 'interfaces: { allow: [eth0] }\n', { mode: 0o600 });
      const { status, stderr } = leashAgent('restore', '--state-dir', state, '--run-dir', run, '--config-dir', config);
      expect([status, queueOf(wire), queueOf('lo')]).toEqual([0, before, others]);
      expect(stderr).toContain(`a queue of ours was left at ${wire}: removed`);
    } finally {
      network.leave();
      directory.remove();
    }
  });
});
