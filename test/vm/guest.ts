/**
 * Inside the virtual machine, as its first process: a real agent on a kernel that has netem and the controllers of cgroup
 * v2, and witnesses that are not Leash. The last line of the console is the result as JSON.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listHolders } from '../../agent/host/holder-children.ts';
import { outcomeWords } from '../../proto/fault.ts';
import { parsePid } from '../../proto/identity.ts';
import { type AgentClient, type AgentRig, startAgentRig } from '../rig/agent.ts';
import { inject as injectOnce, planFor as planOf, type Wanted } from '../rig/inject.ts';
import { distFolder } from '../rig/project.ts';
import { until } from '../rig/until.ts';

const marker = 'LEASH-VM ';
const cgroup = '/leash-vm';
const folder = `/sys/fs/cgroup${cgroup}`;
const slowMs = 120_000;
const diskPath = '/dev/vda';
const device = readFileSync('/sys/block/vda/dev', 'latin1').trim();

interface Claim {
  readonly claim: string;
  readonly isTrue: boolean;
  readonly seen: string;
}

const claims: Claim[] = [];

/** A processor that is only emulated takes its time, and so does whoever answers. */
function patient(client: AgentClient): AgentClient {
  return { call: (method, request) => client.call(method, request, slowMs), close: client.close };
}

const planFor = (client: AgentClient, wanted: Wanted) => planOf(patient(client), wanted);

/** A holder may not start in time, which then is no fault. */
function inject(client: AgentClient, wanted: Wanted) {
  const isTooSlow = ({ message }: Error): boolean => /the inject failed|restore that first/.test(message);
  const attempt = () =>
    injectOnce(patient(client), wanted).catch((error: Error) => {
      if (!isTooSlow(error)) throw error;
      process.stdout.write(`not yet: ${error.message}\n`);
      return undefined;
    });
  return until('the inject is in time', attempt, slowMs);
}

function claim(text: string, isTrue: boolean, seen: unknown): void {
  claims.push({ claim: text, isTrue, seen: typeof seen === 'string' ? seen : JSON.stringify(seen) });
  process.stdout.write(`${isTrue ? 'ok' : 'NOT OK'}: ${text}: ${claims.at(-1)?.seen}\n`);
}

function shell(...[program = '', ...args]: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** An interface whose other end answers, in a network of its own. */
function makeNetwork(): void {
  shell('ip', 'link', 'set', 'lo', 'up');
  shell('ip', 'netns', 'add', 'peer');
  shell('ip', 'link', 'add', 'here', 'type', 'veth', 'peer', 'name', 'there', 'netns', 'peer');
  shell('ip', 'address', 'add', '10.77.0.1/24', 'dev', 'here');
  shell('ip', 'link', 'set', 'here', 'up');
  shell('ip', '-n', 'peer', 'address', 'add', '10.77.0.2/24', 'dev', 'there');
  shell('ip', '-n', 'peer', 'link', 'set', 'there', 'up');
}

/** Of ten pings, in milliseconds: the median, and how many answers came, duplicates among them. */
function ping(): { readonly medianMs: number; readonly answers: number } {
  const { stdout } = spawnSync('ping', ['-c', '10', '-i', '0.2', '-W', '2', '10.77.0.2'], { encoding: 'utf8' });
  const times = [...stdout.matchAll(/time=([\d.]+)/g)].map(([, ms]) => Number(ms)).sort((one, other) => one - other);
  return { medianMs: times[Math.floor(times.length / 2)] ?? Number.POSITIVE_INFINITY, answers: times.length };
}

const queues = (): string => shell('tc', 'qdisc', 'show', 'dev', 'here');

async function nothingHeld(rig: AgentRig): Promise<void> {
  const active = async () => (await rig.client.call('describe', {}, slowMs)).active ?? [];
  await until('nothing is held', async () => (await active()).length === 0, slowMs);
}

async function restored(rig: AgentRig, faultId: string): Promise<string> {
  const receipt = await until(
    'the receipt says that it is restored',
    async () => {
      const [found] = (await rig.client.call('restore', { faultId }, slowMs)).receipts ?? [];
      return found?.confirmed ? found : undefined;
    },
    slowMs,
  );
  return (receipt.targets ?? []).map(({ outcome }) => outcomeWords.fromWire(outcome, 'outcome')).join();
}

async function networks(rig: AgentRig): Promise<void> {
  const original = queues();
  const before = ping();
  const delay: Wanted = {
    kind: 'network.delay',
    parameters: { interface: 'here', delay: '200ms' },
    leaseTtlMs: 60_000,
  };
  const { faultId = '' } = await inject(rig.client, delay);
  const during = ping();
  claim('network.delay makes packets late', during.medianMs - before.medianMs > 150, { before, during });
  claim(
    'it spares what sshd and the agent send',
    /match 00160000\/ffff0000/.test(shell('tc', 'filter', 'show', 'dev', 'here', 'parent', '1ea5:')),
    queues(),
  );
  const outcome = await restored(rig, faultId ?? '');
  claim(
    'network.delay is over, and the queue is the one of before, byte for byte',
    queues() === original && outcome === 'restored',
    { outcome, queues: queues() },
  );
  claim('and packets are as fast as before', ping().medianMs < before.medianMs + 50, ping());

  const doubled = await inject(rig.client, {
    kind: 'network.duplicate',
    parameters: { interface: 'here', share: '100%' },
    leaseTtlMs: 60_000,
  });
  const twice = spawnSync('ping', ['-c', '10', '-i', '0.2', '-W', '2', '10.77.0.2'], { encoding: 'utf8' }).stdout;
  claim('network.duplicate sends packets twice', /duplicates|DUP!/.test(twice), twice.trim().split('\n').at(-2) ?? '');
  await restored(rig, doubled.faultId ?? '');
  const spoilt = await inject(rig.client, {
    kind: 'network.corrupt',
    parameters: { interface: 'here', share: '100%' },
    leaseTtlMs: 60_000,
  });
  claim('network.corrupt spoils packets', ping().answers < 5, ping());
  await restored(rig, spoilt.faultId ?? '');
  claim('and the queue is the one of before', queues() === original, queues());

  shell('tc', 'qdisc', 'add', 'dev', 'here', 'root', 'handle', '7:', 'pfifo', 'limit', '77');
  const plan = await planFor(rig.client, delay);
  claim(
    'somebody’s own queue is not replaced',
    (plan.refusals ?? []).some(({ message }) => message?.includes('could not be put back')),
    plan.refusals?.map(({ message }) => message),
  );
  shell('tc', 'qdisc', 'del', 'dev', 'here', 'root');
  await atItsDeadline(rig, delay);
  for (const who of ['the agent', 'the holder'] as const) await killedAlone(rig, who, delay);
  await killedTogether(rig, 'network.delay', delay, queues);
}

async function atItsDeadline(rig: AgentRig, delay: Wanted): Promise<void> {
  const original = queues();
  await inject(rig.client, { ...delay, durationMs: 30_000, leaseTtlMs: 30_000 });
  const during = queues();
  await until('it is gone', () => queues() === original, slowMs);
  claim('network.delay is gone at its deadline', during !== original, queues());
  await nothingHeld(rig);
}

/** The holder acts on the death of its agent, and the agent on that of the holder. */
async function killedAlone(rig: AgentRig, who: 'the agent' | 'the holder', delay: Wanted): Promise<void> {
  const original = queues();
  await inject(rig.client, delay);
  const during = queues();
  const killedAtMs = performance.now();
  if (who === 'the agent') rig.process().kill('SIGKILL');
  else for (const { pid } of listHolders(parsePid(rig.pid()))) process.kill(pid, 'SIGKILL');
  const isBack = await until('it is gone', () => queues() === original, slowMs).catch(() => false);
  const tookMs = Math.round(performance.now() - killedAtMs);
  claim(`network.delay is undone after SIGKILL of ${who} alone`, during !== original && isBack, { tookMs });
  if (who === 'the agent') await rig.start();
  await nothingHeld(rig);
}

/** What nobody has in a journal: by its mark alone, whatever experiment left it there. */
function swept(rig: AgentRig): void {
  const original = queues();
  shell('tc', 'qdisc', 'add', 'dev', 'here', 'root', 'handle', '1ea5:', 'prio');
  shell('tc', 'qdisc', 'add', 'dev', 'here', 'parent', '1ea5:3', 'handle', '1ea6:', 'netem', 'delay', '1s');
  const left = queues();
  rig.process().kill('SIGKILL');
  const { stderr } = spawnSync(process.execPath, [join(distFolder, 'leash-agent.js'), 'restore', ...rig.directories], {
    encoding: 'utf8',
  });
  claim(
    'a queue of ours that is in no journal is swept by `leash-agent restore`',
    left !== original && queues() === original,
    stderr.trim(),
  );
}

/** Of both the agent and its holder; then what the unit runs. */
async function killedTogether(rig: AgentRig, name: string, wanted: Wanted, look: () => string): Promise<void> {
  const original = look();
  await inject(rig.client, wanted);
  const during = look();
  const holders = listHolders(parsePid(rig.pid()));
  rig.process().kill('SIGKILL');
  for (const { pid } of holders) process.kill(pid, 'SIGKILL');
  await until('the agent is gone', () => rig.process().signalCode !== null, slowMs);
  const startedAtMs = performance.now();
  const said = spawnSync(process.execPath, [join(distFolder, 'leash-agent.js'), 'restore', ...rig.directories], {
    encoding: 'utf8',
  });
  const tookMs = Math.round(performance.now() - startedAtMs);
  claim(
    `${name} is undone by \`leash-agent restore\` after SIGKILL of both`,
    during !== original && look() === original,
    { tookMs, said: said.stdout.trim() },
  );
  await rig.start();
  await nothingHeld(rig);
}

function inCgroup(...words: readonly string[]): ChildProcess {
  const child = spawn('sh', ['-c', `echo $$ >${folder}/cgroup.procs && exec "$@"`, 'sh', ...words], {
    stdio: 'ignore',
  });
  return child;
}

async function cgroups(rig: AgentRig): Promise<void> {
  writeFileSync('/sys/fs/cgroup/cgroup.subtree_control', '+cpu +memory +pids +io');
  mkdirSync(folder);
  const busy = inCgroup('sh', '-c', 'while :; do :; done');
  const files = ['cpu.max', 'memory.max', 'pids.max', 'io.max', 'cgroup.freeze'];
  const values = (): string => files.map((file) => `${file}=${readFileSync(join(folder, file), 'latin1')}`).join('');
  const usedUs = (): number => Number(/usage_usec (\d+)/.exec(readFileSync(join(folder, 'cpu.stat'), 'latin1'))?.[1]);
  const share = async (): Promise<number> => {
    const [fromUs, fromMs] = [usedUs(), performance.now()];
    await until('the time of a look', () => performance.now() - fromMs > 3000, slowMs);
    return (usedUs() - fromUs) / 10 / (performance.now() - fromMs);
  };
  try {
    await until('it is busy', async () => (await share()) > 60, slowMs);
    const original = values();
    const limit: Wanted = {
      kind: 'cgroup.limit',
      parameters: { cgroup, cpu: '20%', memory: '64MiB', pids: 9, io: '1MiB', device },
      leaseTtlMs: 60_000,
    };
    const { faultId = '' } = await inject(rig.client, limit);
    const percent = await share();
    claim('cgroup.limit limits the CPU time under version 2', percent > 10 && percent < 30, {
      percent,
      values: values(),
    });
    const outcome = await restored(rig, faultId ?? '');
    claim(
      'cgroup.limit is over, and all values are those of before, byte for byte',
      values() === original && outcome === 'restored',
      { outcome, values: values() },
    );

    await limitsOf(rig);

    const freeze: Wanted = { kind: 'cgroup.freeze', parameters: { cgroup }, leaseTtlMs: 60_000 };
    const frozen = await inject(rig.client, freeze);
    const still = await share();
    claim('cgroup.freeze holds it still under version 2', still === 0, { percent: still });
    await restored(rig, frozen.faultId ?? '');
    claim('and it runs again', (await share()) > 60, values());
    await killedTogether(rig, 'cgroup.limit', limit, values);
    await killedTogether(rig, 'cgroup.freeze', freeze, values);
  } finally {
    busy.kill('SIGKILL');
    await until('the cgroup is empty', () => readFileSync(join(folder, 'cgroup.procs'), 'latin1') === '', slowMs);
    rmdirSync(folder);
  }
}

/** Each limit by what it does to a program, with the other limits away. */
async function limitsOf(rig: AgentRig): Promise<void> {
  const run = async (...words: readonly string[]): Promise<Ran> => {
    const fromMs = performance.now();
    const child = inCgroup(...words);
    const code = await new Promise<number>((resolve) => child.once('close', (each) => resolve(each ?? -1)));
    return { code, ms: Math.round(performance.now() - fromMs) };
  };
  const cases: readonly [string, Wanted['parameters'], readonly string[], (during: Ran, without: Ran) => boolean][] = [
    [
      'tasks',
      { pids: 4 },
      ['sh', '-c', 'for _ in 1 2 3 4 5 6; do sleep 1 & done; wait'],
      (during, without) => during.code !== 0 && without.code === 0,
    ],
    [
      'memory',
      { memory: '32MiB' },
      ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=96M', 'count=1'],
      (during, without) => during.code !== 0 && without.code === 0,
    ],
    [
      'disk traffic',
      { io: '1MiB', device },
      ['dd', `if=${diskPath}`, 'of=/dev/null', 'bs=64k', 'count=96', 'iflag=direct'],
      (during, without) => during.code === 0 && without.code === 0 && during.ms > 4000 && during.ms > 2 * without.ms,
    ],
  ];
  for (const [name, parameters, words, isLimited] of cases) {
    const { faultId = '' } = await inject(rig.client, {
      kind: 'cgroup.limit',
      parameters: { cgroup, ...parameters },
      leaseTtlMs: 60_000,
    });
    const during = await run(...words);
    await restored(rig, faultId ?? '');
    const without = await run(...words);
    claim(`cgroup.limit limits the ${name} under version 2`, isLimited(during, without), { during, without });
  }
}

interface Ran {
  readonly code: number;
  readonly ms: number;
}

let problem = '';
try {
  makeNetwork();
  const policy = `injectsPerMinute: 600\nleaseMax: 60s\njournalWithoutSupervisor: true\ninterfaces: { allow: [here] }\ncgroups: { allow: [${cgroup}] }\n`;
  const rig = await startAgentRig({ policy });
  try {
    await networks(rig);
    await cgroups(rig);
    swept(rig);
  } finally {
    await rig.dispose();
  }
} catch (error) {
  problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
}
const kernel = readFileSync('/proc/sys/kernel/osrelease', 'latin1').trim();
process.stdout.write(`${marker}${JSON.stringify({ kernel, claims, problem })}\n`);
