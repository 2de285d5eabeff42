/** `custom.change`: a folder stands for what an operator's programs would change, and mkdir, rmdir and test are those programs. */
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { listHolders } from '../../agent/host/holder-children.ts';
import { createHostView } from '../../agent/host/host-view.ts';
import { openPidfd, signalPidfd } from '../../agent/host/native/pidfd.ts';
import type { leash } from '../../proto/codec.ts';
import { bindingWords, phaseWords } from '../../proto/fault.ts';
import { type Pid, type ProcessIdentity, parsePid } from '../../proto/identity.ts';
import { type AgentRig, startAgentRig, unprivileged } from '../rig/agent.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { inject, planFor } from '../rig/inject.ts';
import { distFolder } from '../rig/project.ts';
import { unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';

const isRoot = process.getuid?.() === 0;
const test = unless(isRoot, 'root');
const host = createHostView();
const asUnit = { uid: 65_534, capabilities: '+kill,+sys_ptrace' };
const signalKill = 9;
const signalStop = 19;

let directory: TestDirectory;
let rig: AgentRig;
let folder: string;
const keepers: ProcessIdentity[] = [];

beforeEach(() => {
  directory = makeTestDirectory();
  folder = join(directory.sub('place'), 'made');
});
afterEach(async () => {
  // One that a test has stopped would stay when the test fails.
  for (const keeper of keepers.splice(0)) if (host.threads(keeper).kind !== 'gone') signal(keeper.pid, signalKill);
  await rig?.dispose();
  directory.remove();
});

const change = (name: string, make: string, undo: string, check = `[/usr/bin/test, -d, ${folder}]`): string =>
  `  - { name: ${name}, make: ${make}, undo: ${undo}, check: ${check} }\n`;

function policy(changes: string): string {
  return `injectsPerMinute: 600\njournalWithoutSupervisor: true\n${changes === '' ? '' : `changes:\n${changes}`}`;
}

/** With the change `folder` alone, unless others are given. */
async function begin(as?: typeof asUnit, changes?: string): Promise<void> {
  const place = join(directory.path, 'place');
  if (as) for (const path of [directory.path, place]) chownSync(path, as.uid, as.uid);
  const own = change('folder', `[/usr/bin/mkdir, ${folder}]`, `[/usr/bin/rmdir, ${folder}]`);
  rig = await startAgentRig({ policy: policy(changes ?? own), ...(as ? { as } : {}) });
}

const made = (name = 'folder'): Promise<leash.v1.IFault> =>
  inject(rig.client, { kind: 'custom.change', parameters: { change: name } });

/** A busy machine may take longer than one call waits for the receipt. */
function restored({ faultId = '' }: leash.v1.IFault): Promise<leash.v1.IReceipt> {
  return until('the receipt', async () => (await rig.client.call('restore', { faultId: faultId ?? '' })).receipts?.[0]);
}

function holder(): ProcessIdentity {
  const [found] = listHolders(rig.pid() as Pid);
  if (!found) throw new Error('there is no holder');
  return found;
}

/** Straight from the test; the process is one of its own agent. */
function signal(pid: number, number: number): void {
  signalPidfd(openPidfd(parsePid(pid)), number);
}

function keeperOf(found: ProcessIdentity): ProcessIdentity {
  const [keeper] = host.inSessionOf(found);
  if (!keeper) throw new Error('nobody keeps the change');
  keepers.push(keeper);
  return keeper;
}

/** The agent stands still first, so that nothing of ours sees the holder end. @param before what dies before the holder */
function killAgentAndHolder(before: () => void = () => {}): void {
  const found = holder();
  signal(rig.pid(), signalStop);
  before();
  signal(found.pid, signalKill);
  signal(rig.pid(), signalKill);
}

async function killed(): Promise<void> {
  await until('the agent is gone', () => rig.process().signalCode === 'SIGKILL');
}

/** `leash-agent restore`, as the unit runs it. */
function replay(as: typeof asUnit | undefined): { readonly status: number | null; readonly stdout: string } {
  const program = [process.execPath, join(distFolder, 'leash-agent.js'), 'restore', ...rig.directories];
  const [command = '', ...args] = as ? [...unprivileged(as), ...program] : program;
  return spawnSync(command, args, { encoding: 'utf8' });
}

describe.each([
  ['root', undefined],
  ['the user of the default unit', asUnit],
] as const)('a change of the host’s own, made by an agent of %s,', (_who, as) => {
  test('is bound by the journal, is seen in place, and is seen undone when it is restored', async () => {
    await begin(as);
    const fault = await made();
    expect(existsSync(folder)).toBe(true);
    expect(bindingWords.fromWire(fault.binding, 'binding')).toBe('journal');
    expect(fault.seen).toMatch(/^\/usr\/bin\/mkdir made folder; process \d+ keeps it; folder is in place$/);
    expect(await restored(fault)).toMatchObject({ confirmed: true, targets: [{ seen: 'folder is not in place' }] });
    expect(existsSync(folder)).toBe(false);
  });

  test('is undone by its keeper when agent and holder are SIGKILLed together', async () => {
    await begin(as);
    await made();
    killAgentAndHolder();
    await until('it is undone', () => !existsSync(folder));
  });

  test('is undone by its keeper also when a supervisor ends the program of the undo, as it ends all that are left', async () => {
    const again = join(directory.path, 'place', 'again');
    const undo = `[/usr/bin/dash, -c, '[ -e "$1" ] || { : >"$1"; kill -TERM $$; }; rmdir "$0"', ${folder}, ${again}]`;
    await begin(undefined, change('folder', `[/usr/bin/mkdir, ${folder}]`, undo));
    await made();
    killAgentAndHolder();
    await until('it is undone', () => !existsSync(folder));
    expect(existsSync(again)).toBe(true);
  });

  test('is undone by `leash-agent restore` when its keeper is killed with them, or stopped', async () => {
    await begin(as);
    for (const number of [signalKill, signalStop]) {
      await made();
      const keeper = keeperOf(holder());
      killAgentAndHolder(() => signal(keeper.pid, number));
      await killed();
      expect(existsSync(folder)).toBe(true);
      const { status, stdout } = replay(as);
      expect(stdout).toContain('custom.change of the host: restored, /usr/bin/rmdir: exit 0; folder is not in place');
      expect([status, existsSync(folder)]).toEqual([0, false]);
      // The second time there is nothing to do.
      expect(replay(as).stdout).toContain('the journal holds nothing to undo');
      if (number === signalStop) signal(keeper.pid, signalKill);
      await rig.start();
    }
  });

  test('is undone by the next agent', async () => {
    await begin(as);
    await made();
    const found = holder();
    const keeper = keeperOf(found);
    for (const pid of [rig.pid(), keeper.pid]) signal(pid, signalStop);
    for (const pid of [keeper.pid, found.pid, rig.pid()]) signal(pid, signalKill);
    await killed();
    expect(existsSync(folder)).toBe(true);
    await rig.start();
    await until('it is undone', () => !existsSync(folder));
  });
});

describe('a change', () => {
  test('is known to the journal by its name alone, and nothing is run for a name that the policy no longer has', async () => {
    await begin();
    await made();
    const found = holder();
    const keeper = keeperOf(found);
    for (const pid of [rig.pid(), keeper.pid]) signal(pid, signalStop);
    for (const pid of [keeper.pid, found.pid, rig.pid()]) signal(pid, signalKill);
    await killed();
    const journal = readFileSync(join(rig.directory.path, 'state', 'journal'), 'latin1');
    expect(journal).toContain('["change","folder"]');
    expect(journal).not.toContain('rmdir');
    const policyPath = join(rig.directory.path, 'config', 'policy.yaml');
    const written = readFileSync(policyPath, 'utf8');
    writeFileSync(policyPath, policy(''));
    const refused = replay(undefined);
    expect(refused.stdout).toContain('no longer lists folder: undo it by hand');
    expect([refused.status, existsSync(folder)]).toEqual([5, true]);
    writeFileSync(policyPath, written);
    expect([replay(undefined).status, existsSync(folder)]).toEqual([0, false]);
  });

  test('that was undone by others meanwhile is left as they left it', async () => {
    await begin();
    const fault = await made();
    rmdirSync(folder);
    expect(await restored(fault)).toMatchObject({ confirmed: true, targets: [{ seen: 'folder is not in place' }] });
  });

  test('is refused by name where it is not listed, in place already, held already, or cannot be looked at', async () => {
    const folders = ['folder', 'blind'].map((name) =>
      change(
        name,
        `[/usr/bin/mkdir, ${folder}]`,
        `[/usr/bin/rmdir, ${folder}]`,
        name === 'blind' ? '[/usr/bin/test, one, two]' : undefined,
      ),
    );
    await begin(undefined, folders.join(''));
    const refusals = async (name: string): Promise<string> => {
      const plan = await planFor(rig.client, { kind: 'custom.change', parameters: { change: name } });
      return (plan.refusals ?? []).map(({ reason, message }) => `${reason}: ${message}`).join('\n');
    };
    expect(await refusals('other')).toBe(
      'fault-not-allowed: other is not among the changes of this host (folder, blind)',
    );
    expect(await refusals('blind')).toBe(
      'fault-unavailable: /usr/bin/test does not say whether blind is in place: exit 2',
    );
    mkdirSync(folder);
    expect(await refusals('folder')).toMatch(/^fault-unavailable: folder is in place already, and not by a fault/);
    rmdirSync(folder);
    expect(await refusals('folder')).toBe('');
    const fault = await made();
    expect(await refusals('folder')).toBe(`target-held: folder is made by fault ${fault.faultId}: restore that first`);
  });

  test('that is made by half is undone, and the inject fails in the words of its programs', async () => {
    // It makes the first folder, and fails at the second.
    const half = `[/usr/bin/mkdir, ${folder}, ${folder}/no/such]`;
    await begin(undefined, change('half', half, `[/usr/bin/rmdir, ${folder}]`));
    const words = '/usr/bin/mkdir: exit 1; then /usr/bin/rmdir: exit 0; half is not in place';
    const failure = () => made('half').catch((error: Error) => error.message);
    await until('it fails in these words', async () => String(await failure()).includes(words), 40_000);
    expect(existsSync(folder)).toBe(false);
  });

  test('whose undo fails stays unresolved, is tried again, and is restored as soon as that works', async () => {
    await begin();
    const fault = await made();
    writeFileSync(join(folder, 'of-others'), '');
    await rig.client.call('restore', { faultId: fault.faultId ?? '' });
    await until('it is unresolved', async () => {
      const [open] = (await rig.client.call('describe', {})).active ?? [];
      return open?.phase === phaseWords.toWire('unresolved');
    });
    spawnSync('rm', [join(folder, 'of-others')]);
    await until('it is undone', () => !existsSync(folder), 30_000);
    await until('it is reported', async () => ((await rig.client.call('describe', {})).active ?? []).length === 0);
  });

  test('is undone where no process can be started any more', async () => {
    await begin(asUnit);
    await made();
    const found = holder();
    const keeper = keeperOf(found);
    // The limit of its user, who has more than one process (setrlimit(2)); root would not be held by it.
    const [command = '', ...args] = unprivileged({ uid: asUnit.uid, capabilities: '' });
    expect(spawnSync(command, [...args, 'prlimit', '--pid', String(keeper.pid), '--nproc=1:1']).status).toBe(0);
    signal(rig.pid(), signalStop);
    signal(found.pid, signalKill);
    await until('it is undone', () => !existsSync(folder));
    signal(rig.pid(), 18);
  });
});
