/** The audits of real agents and a real coordinator: countersigned over their sessions, and checked offline. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { fillDisk } from '../rig/full-disk.ts';
import { refuseWrites } from '../rig/limits.ts';
import { unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const policy = 'stage: development\ninjectsPerMinute: 600\njournalWithoutSupervisor: true\n';

const experiment = (worker: string, seconds = 1): string => `apiVersion: leash/v1
kind: Experiment
metadata: { name: audited, owner: test@example.com }
hypothesis: nobody is missed
stage: development
blastRadius: { hosts: 1, processesPerHost: 1 }
targets:
  hosts: { names: [host-a], mode: one }
  processes: { name: ${worker}, mode: one }
method:
  - { fault: process.pause, for: ${seconds}s }
`;

interface Line {
  readonly sequence: number;
  readonly entry: { readonly [key: string]: string };
}

const agentState = (rig: FleetRig): string => rig.hosts[0]?.agent.directories[1] ?? '';
const coordinatorState = (rig: FleetRig): string => join(rig.directory.path, 'coordinator');
const linesOf = (state: string): readonly Line[] =>
  readFileSync(join(state, 'audit.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line));

describe('after a run', () => {
  let rig: FleetRig;
  let worker: Worker;
  beforeAll(async () => {
    rig = await startFleetRig({ hosts: 1, policy });
    const name = workerName('a');
    worker = await startWorker(name);
    const file = rig.write('audited.yaml', experiment(name));
    const { code, output, errors } = await rig.leash('run', file, '--wait');
    expect(code, output + errors).toBe(0);
  });
  afterAll(async () => {
    await worker.end();
    await rig.dispose();
  });

  const keys = (): readonly string[] => [
    '--key',
    join(agentState(rig), 'audit.pub'),
    join(coordinatorState(rig), 'audit.pub'),
  ];

  it('both audits have an intent before the act and its outcome after, and a countersigned end of the run', async () => {
    /** What a run does comes in a moment on a busy machine, and is then covered by one checkpoint. */
    const isCovered = (state: string, action: string): boolean => {
      const lines = linesOf(state);
      const sequence = lines.findLast(({ entry }) => entry.action === action)?.sequence ?? Number.NaN;
      const covered = (line: Line): number =>
        (line.entry.checkpoint as unknown as { sequence: number } | undefined)?.sequence ?? 0;
      return lines.some((line) => line.entry.action === 'checkpoint' && covered(line) >= sequence);
    };
    await until('the end of the run is countersigned at the agent', () => isCovered(agentState(rig), 'receipt'));
    await until('and at the coordinator', () => isCovered(coordinatorState(rig), 'run-ended'));
    const acts = (state: string): readonly string[] =>
      linesOf(state).map(({ entry }) => `${entry.phase} ${entry.action}`);
    const agent = acts(agentState(rig));
    expect(agent.indexOf('intent inject')).toBeGreaterThan(0);
    expect(agent.indexOf('outcome receipt')).toBeGreaterThan(agent.indexOf('intent inject'));
    const coordinator = acts(coordinatorState(rig));
    expect(coordinator.indexOf('intent submit')).toBeGreaterThan(0);
    expect(coordinator.indexOf('intent start')).toBeGreaterThan(coordinator.indexOf('intent submit'));
    expect(coordinator.indexOf('outcome run-ended')).toBeGreaterThan(coordinator.indexOf('intent start'));
    const started = linesOf(coordinatorState(rig)).find(({ entry }) => entry.action === 'start');
    expect(started?.entry).toMatchObject({
      by: expect.stringMatching(/^uid:/),
      digest: expect.stringMatching(/^sha256:/),
    });
  });

  it('`leash audit verify` vouches for both up to the end of the run, and says which window it cannot vouch for', async () => {
    for (const [state, other] of [
      [agentState(rig), coordinatorState(rig)],
      [coordinatorState(rig), agentState(rig)],
    ] as const) {
      const { code, document } = await rig.json('audit', 'verify', state, ...keys(), '--against', other);
      expect(document.problems).toEqual([]);
      expect(code).toBe(0);
      const ended = linesOf(state).findLast(({ entry }) => ['receipt', 'run-ended'].includes(entry.action ?? ''));
      expect(document.lastCheckpoint.sequence).toBeGreaterThanOrEqual(ended?.sequence ?? Number.NaN);
      expect(document.window).toMatchObject({ fromSequence: document.lastCheckpoint.sequence + 1 });
    }
    const shown = await rig.agentCommand(0, 'audit', 'verify', ...keys());
    expect(shown).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^intact[\s\S]*vouched +up to record[\s\S]*not vouched records/),
    });
  });

  it('a copy that was cut, edited or is an older one is told, with the public keys and nothing else at hand', async () => {
    const copies = rig.directory.sub('copies');
    const copy = join(copies, 'agent.jsonl');
    const witness = join(copies, 'coordinator.jsonl');
    copyFileSync(join(coordinatorState(rig), 'audit.jsonl'), witness);
    const text = readFileSync(join(agentState(rig), 'audit.jsonl'), 'utf8');
    const inject = text.split('\n').findIndex((line) => line.includes('"action":"inject"'));
    writeFileSync(copy, `${text.split('\n').slice(0, inject).join('\n')}\n`);
    const cut = await rig.leash('audit', 'verify', copy, ...keys(), '--against', witness);
    expect(cut).toMatchObject({
      code: 2,
      output: expect.stringMatching(/NOT INTACT[\s\S]*agent\/host-a signed it at/),
    });
    writeFileSync(copy, text.replace('process.pause', 'process.pausE'));
    const edited = await rig.leash('audit', 'verify', copy, ...keys());
    expect(edited).toMatchObject({ code: 2, output: expect.stringContaining('its hash is not that of its text') });
  });

  it('is signed by a key that is for its owner alone', () => {
    for (const state of [agentState(rig), coordinatorState(rig)]) {
      expect(statSync(join(state, 'audit.key')).mode & 0o777).toBe(0o600);
      expect(statSync(join(state, 'audit.jsonl')).mode & 0o777).toBe(0o600);
    }
  });

  it('can be searched and exported, on either side', async () => {
    const { document } = await rig.json('audit', 'search', coordinatorState(rig), '--action', 'start');
    expect(document.records).toHaveLength(1);
    expect(document.records[0]).toMatchObject({ action: 'start', phase: 'intent', detail: 'audited' });
    const { output } = await rig.agentCommand(0, 'audit', 'export', '--phase', 'intent');
    const rows = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ action }) => action)).toContain('inject');
    expect(rows.every(({ phase, sequence, hash }) => phase === 'intent' && sequence > 0 && hash.length === 64)).toBe(
      true,
    );
    const none = await rig.leash('audit', 'search', coordinatorState(rig), '--since', '2999-01-01T00:00:00Z');
    expect(none).toMatchObject({ code: 0, output: '' });
  });

  it('a call that was answered with a "no" is in it, with who asked and why not', async () => {
    const refused = await rig.leash('run', rig.write('other.yaml', experiment('nobody-has-this-name')), '--wait');
    expect(refused.code).toBe(3);
    await until('the refusal is in the audit', () =>
      linesOf(coordinatorState(rig)).some(({ entry }) => entry.phase === 'refusal' && entry.action === 'call-refused'),
    );
  });
});

const asRoot = unless(process.getuid?.() === 0, 'root, to mount a small file system');

const held = async (rig: FleetRig): Promise<Worker> => {
  const name = workerName('r');
  const worker = await startWorker(name);
  const { code } = await rig.json('run', rig.write('held.yaml', experiment(name, 120)));
  expect(code).toBe(0);
  await until('the worker is held', () => worker.isHeld());
  return worker;
};

describe.each([
  ['takes no write', (_state: string, pid: number): void => refuseWrites(pid)],
  ['is full', (state: string, _pid: number): void => void fillDisk(state)],
] as const)('where the store of the coordinator %s', (_what, spoil) => {
  asRoot('no run is started, and a halt lets go of what is held all the same', async () => {
    let mounted = '';
    const prepare = (state: string): void => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0700', 'leash-test', state]);
      mounted = state;
    };
    const rig = await startFleetRig({ hosts: 1, policy, prepare });
    const worker = await held(rig);
    try {
      spoil(mounted, rig.coordinator().pid ?? 0);
      const again = await rig.leash('run', rig.write('again.yaml', experiment('another')));
      expect(again.code, again.output + again.errors).not.toBe(0);
      const halted = await rig.json('halt', '--reason', 'test');
      expect(halted.document).toMatchObject({ confirmed: true, hosts: [{ host: 'host-a', latched: true }] });
      expect(halted.code).toBe(0);
      await until('the worker runs', () => worker.isRunning());
    } finally {
      await worker.end();
      execFileSync('umount', ['--lazy', mounted]);
      await rig.dispose();
    }
  });
});

asRoot(
  'where the store is on a file system that is read-only, no coordinator starts, and a direct halt works',
  async () => {
    let mounted = '';
    const prepare = (state: string): void => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0700', 'leash-test', state]);
      mounted = state;
    };
    const rig = await startFleetRig({ hosts: 1, policy, prepare });
    const worker = await held(rig);
    try {
      const child = rig.coordinator();
      child.kill('SIGKILL');
      await until('the coordinator is gone', () => child.signalCode !== null);
      execFileSync('mount', ['-o', 'remount,ro', mounted]);
      await expect(rig.startCoordinator()).rejects.toThrow('the coordinator ended');
      const tls = await rig.issue('halter', 'oncall');
      const halted = await rig.json('halt', '--direct', '--tls', tls, '--reason', 'test');
      expect(halted.document).toMatchObject({ confirmed: true, hosts: [{ host: 'host-a', latched: true }] });
      await until('the worker runs', () => worker.isRunning());
    } finally {
      await worker.end();
      execFileSync('umount', ['--lazy', mounted]);
      await rig.dispose();
    }
  },
);
