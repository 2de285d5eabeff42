/** What process.kill and process.pause do beyond one process and one moment, by a real agent on real processes. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { leash } from '../../proto/codec.ts';
import { refusalsOf } from '../../proto/refusal-status.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { inject, injectRequest, planFor, type Wanted } from '../rig/inject.ts';
import { projectFolder } from '../rig/project.ts';
import { unlessUnprivileged } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';

const policy = `injectsPerMinute: 600
processesMax: 64
journalWithoutSupervisor: true
protect: { names: [leash-untouched] }
`;

let rig: AgentRig;
beforeAll(async () => {
  rig = await startAgentRig({ policy });
});
afterAll(() => rig.dispose());

/** Ended by the end of its input, and whatever it started by its recorded pid. */
interface Family {
  readonly parent: ChildProcessWithoutNullStreams;
  readonly pid: number;
  /** Of what the parent said that it started. */
  children(): readonly number[];
  say(line: string): void;
}

const families: Family[] = [];
afterEach(async () => {
  for (const { parent, children } of families.splice(0)) {
    for (const pid of children()) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    parent.kill('SIGKILL');
    await until('the parent is gone', () => parent.exitCode !== null || parent.signalCode !== null);
  }
});

/** A shell that does what it is told, and prints the pid of what it starts. */
async function startShell(...lines: readonly string[]): Promise<Family> {
  const family = startParent('sh', []);
  for (const line of lines) family.say(line);
  await until('its children are there', () => family.children().length >= lines.length);
  return family;
}

function startParent(program: string, args: readonly string[]): Family {
  const parent = spawn(program, args, { stdio: 'pipe' });
  let output = '';
  parent.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  parent.stdin.on('error', () => {});
  const family: Family = {
    parent,
    pid: parent.pid ?? 0,
    children: () => [...output.matchAll(/^started (\d+)$/gm)].map((match) => Number(match[1])),
    say: (line) => void parent.stdin.write(`${line}\n`),
  };
  families.push(family);
  return family;
}

const startSleep = 'sleep 100000 & echo started $!';

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

function kill(pid: number, parameters: Wanted['parameters']): Wanted {
  return { kind: 'process.kill', parameters: parameters ?? {}, selector: { pid }, consentIrreversible: true };
}

const pidsOf = (plan: leash.v1.IPlanReply) => plan.targets?.map(({ identity }) => identity?.pid);

describe('a kill of a tree', () => {
  it('ends all that descends from its target, and the plan names each', async () => {
    const { pid, children } = await startShell(startSleep, `(${startSleep}; wait) & echo started $!`);
    const [sleep = 0, ...others] = children();
    const plan = await planFor(rig.client, kill(pid, { tree: true }));
    expect(pidsOf(plan)).toEqual(expect.arrayContaining([pid, sleep, ...others]));
    expect(plan.choiceReason).toMatch(/; with \d below them$/);
    const { faultId } = await inject(rig.client, kill(pid, { tree: true, signal: 'SIGKILL' }));
    await until('all are gone', () => [pid, ...children()].every((each) => !isAlive(each)));
    const reply = await rig.client.call('restore', { faultId: faultId ?? '' });
    expect(reply.receipts?.[0]?.targets?.every(({ outcome }) => outcome === 4)).toBe(true);
  });

  it('is refused whole for one protected member', async () => {
    // The kernel keeps what a process calls itself in comm, and a title of Node's is just that.
    const titled = `"${process.execPath}" -e 'process.title = "leash-untouched"; setInterval(() => {}, 1e6)'`;
    const { pid, children } = await startShell(startSleep, `${titled} & echo started $!`);
    const plan = await until('its name is there', async () => {
      const each = await planFor(rig.client, kill(pid, { tree: true }));
      return each.refusals?.length ? each : undefined;
    });
    expect(plan.refusals?.map(({ message }) => message)).toEqual([
      expect.stringContaining('is protected: the policy protects the name leash-untouched'),
    ]);
    expect(children().every(isAlive)).toBe(true);
  });

  it('is refused for a member that came after the plan, and nothing is touched', async () => {
    const family = await startShell(startSleep);
    const wanted = kill(family.pid, { tree: true });
    const plan = await planFor(rig.client, wanted);
    family.say(startSleep);
    await until('another child is there', () => family.children().length === 2);
    const refused = await rig.client.call('inject', injectRequest(wanted, plan)).catch((error) => error);
    expect(refusalsOf(refused).map(({ message }) => message)).toContain(
      `process ${family.children()[1]} (sleep) descends from a target and was not planned: plan again`,
    );
    expect([family.pid, ...family.children()].every(isAlive)).toBe(true);
  });
});

it('a kill that keeps on ends what takes the place of its target, again and again, and then leaves it alone', async () => {
  const supervisor = `
    const { spawn } = require('node:child_process');
    const start = () => {
      const child = spawn('sleep', ['100000.25']);
      console.log('started ' + child.pid);
      child.on('exit', start);
    };
    start();`;
  const family = startParent(process.execPath, ['-e', supervisor]);
  const [first = 0] = await until('its child is there', () => family.children().length === 1 && family.children());
  const { faultId } = await inject(
    rig.client,
    kill(first, { keepKilling: '3s', respawnWithin: '20s', signal: 'SIGKILL' }),
  );
  await until('three were killed', () => family.children().length > 3, 20_000);
  const receipt = await until('it is over', () => receiptOf(faultId ?? ''), 40_000);
  expect(receipt.cause).toBe(1);
  expect(isAlive(family.children().at(-1) ?? 0)).toBe(true);
  expect(family.children().slice(0, -1).some(isAlive)).toBe(false);
});

unlessUnprivileged()(
  'an agent of the default unit ends a tree too, and spares who may listen on a protected port that it cannot see',
  async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const as = { uid: 65_534, capabilities: '+kill,+sys_ptrace' };
    const guarded = await startAgentRig({ as, policy: `protect: { ports: [${port}] }\n` });
    const family = await startShell(startSleep);
    const wanted = kill(family.pid, { tree: true, signal: 'SIGKILL' });
    const plan = await planFor(guarded.client, wanted);
    expect(plan.refusals?.map(({ message }) => message).join('\n')).toContain('is hidden from the agent');
    // Nobody listens there any more, so nobody has to be spared.
    await new Promise((resolve) => server.close(resolve));
    await inject(guarded.client, wanted);
    await until('all are gone', () => [family.pid, ...family.children()].every((each) => !isAlive(each)));
    await guarded.dispose();
  },
);

/** Once the fault is no longer active, its receipt by a restore, which changes nothing any more. */
async function receiptOf(faultId: string): Promise<leash.v1.IReceipt | undefined> {
  const { active } = await rig.client.call('describe', {});
  if (active?.some((fault) => fault.faultId === faultId)) return undefined;
  return (await rig.client.call('restore', { faultId })).receipts?.[0];
}

it('a kill that would leave fewer survivors than it asks for is refused', async () => {
  const { pid, children } = await startShell(startSleep, startSleep, startSleep);
  const wanted: Wanted = {
    ...kill(pid, { survivors: 3 }),
    selector: { parent: { pid } },
    choice: { mode: 1, seed: 'a' },
  };
  expect((await planFor(rig.client, wanted)).refusals?.map(({ message }) => message)).toEqual([
    '2 of 3 matching processes would stay untouched, at least 3 demanded by the fault itself',
  ]);
  expect((await planFor(rig.client, { ...wanted, parameters: { survivors: 2 } })).refusals).toEqual([]);
  expect(children().every(isAlive)).toBe(true);
});

it('a visible pause is seen by the parent, is bound by the journal, and is undone', async () => {
  const family = startParent(process.execPath, [join(projectFolder, 'test/victims/waiting-parent.mjs')]);
  let output = '';
  family.parent.stdout.on('data', (chunk: string) => {
    output += chunk;
  });
  const [pid = 0] = await until('its child is there', () => family.children().length === 1 && family.children());
  const hidden = await inject(rig.client, { kind: 'process.pause', selector: { pid } });
  expect(hidden.binding).toBe(1);
  await rig.client.call('restore', { faultId: hidden.faultId ?? '' });
  expect(output).not.toContain('stopped');
  const visible = await inject(rig.client, {
    kind: 'process.pause',
    parameters: { visible: true },
    selector: { pid },
  });
  expect(visible.binding).toBe(2);
  await until('the parent sees the stop', () => output.includes('stopped'));
  const reply = await rig.client.call('restore', { faultId: visible.faultId ?? '' });
  expect(reply.receipts?.[0]?.confirmed).toBe(true);
  await until('the parent sees it run on', () => output.includes('continued'));
});
