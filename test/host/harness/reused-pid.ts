/**
 * The world inside a PID namespace, where the pids of the dead are given to the newborn at once. Run by
 * test/host/pid-reuse.test.ts as `unshare --pid --fork --kill-child --mount-proc node reused-pid.mjs SCENARIO`; prints what
 * it saw as one JSON document on its last line.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { holdByPtrace } from '../../../agent/holders/ptrace-hold.ts';
import { holdByStop } from '../../../agent/holders/stop-hold.ts';
import { listHolders } from '../../../agent/host/holder-children.ts';
import { openPidfd, signalPidfd } from '../../../agent/host/native/pidfd.ts';
import { identify } from '../../../agent/host/process-identity.ts';
import type { leash } from '../../../proto/codec.ts';
import { type ProcessIdentity, parsePid } from '../../../proto/identity.ts';
import { createBootClock } from '../../../shared/boot-clock.ts';
import { type AgentRig, startAgentRig, unprivileged } from '../../rig/agent.ts';
import { inject, injectRequest, planFor, type Wanted } from '../../rig/inject.ts';
import { distFolder } from '../../rig/project.ts';
import { until } from '../../rig/until.ts';

/** What cannot stay as it is when somebody signals, stops, traces or wakes a process. */
export interface Trace {
  readonly state: string;
  readonly tracerPid: number;
  readonly switches: number;
  readonly pendingSignals: string;
}

export interface Seen {
  readonly isSamePid: boolean;
  readonly isSameTick: boolean;
  /** The new process before, and after. */
  readonly before: Trace;
  readonly after: Trace;
  /** What Leash said. */
  readonly said: readonly string[];
  /** Another target, which lives all the while, is held until it is let go: so Leash did act. */
  readonly wasOtherHeld?: boolean;
  readonly isOtherRunning?: boolean;
}

const ptraceless = { uid: 65_534, capabilities: '+kill' };
const bootMs = createBootClock();

const scenarios: Readonly<Record<string, () => Promise<Seen>>> = {
  inject: () => afterPlan('process.pause'),
  kill: () => afterPlan('process.kill'),
  restore: () => afterInject({ kind: 'process.pause' }),
  'restore-journal': () => afterInject({ kind: 'process.pause' }, ptraceless),
  'next-turn': () => afterInject({ kind: 'process.slow', parameters: { share: '50%', period: '400ms' } }),
  'next-turn-journal': () =>
    afterInject({ kind: 'process.slow', parameters: { share: '50%', period: '400ms' } }, ptraceless),
  replay: () => afterCrash('by the command'),
  'replay-by-agent': () => afterCrash('by the next agent'),
  'same-tick': sameTick,
};

/** Planned, gone, and another in its place when the inject comes. */
async function afterPlan(kind: 'process.pause' | 'process.kill'): Promise<Seen> {
  const rig = await startAgentRig();
  const first = await startSleeper();
  const parameters = kind === 'process.kill' ? { parameters: { signal: 'SIGTERM' } } : {};
  const wanted = { kind, ...parameters, selector: { pid: first.pid }, consentIrreversible: true };
  const plan = await planFor(rig.client, wanted);
  const second = await replace(first);
  return observe(first, second, async () => {
    const refusal = await rig.client.call('inject', injectRequest(wanted, plan)).catch((error: Error) => error);
    await rig.dispose();
    return [refusal instanceof Error ? refusal.message : 'accepted'];
  });
}

/** Held together with another; dead while it is held, and its pid is another's when the fault is restored. */
async function afterInject(wanted: Wanted, as?: { uid: number; capabilities: string }): Promise<Seen> {
  const rig = await startRig(as);
  const [first, other] = [await startSleeper(), await startSleeper()];
  const fault = await inject(rig.client, { ...wanted, selector: { anyOf: [{ pid: first.pid }, { pid: other.pid }] } });
  if (wanted.kind === 'process.slow') {
    // Between two turns nobody looks at it: the next one begins with a process that it takes for the target.
    await until('it is held in its turn', () => isHeld(first));
    await until('it runs in its turn', () => !isHeld(first));
  }
  const second = await replace(first);
  const seen = await observe(first, second, async () => {
    await until('the other is held', () => isHeld(other));
    // Long enough for turns, tending and looks of the agent.
    const sinceMs = bootMs();
    await until('time has passed', () => bootMs() > sinceMs + 600);
    const { receipts } = await rig.client.call('restore', { faultId: fault.faultId ?? '', reason: 'over' });
    return (receipts ?? []).flatMap((receipt) => wordsOf(receipt, first.identity, other.identity));
  });
  const isOtherRunning = !isHeld(other);
  await rig.dispose();
  return { ...seen, wasOtherHeld: true, isOtherRunning };
}

/** The journal alone is left of the agent and its holder, and names a pid that is another's now. */
async function afterCrash(how: 'by the command' | 'by the next agent'): Promise<Seen> {
  const rig = await startRig(ptraceless);
  const [first, other] = [await startSleeper(), await startSleeper()];
  await inject(rig.client, { kind: 'process.pause', selector: { anyOf: [{ pid: first.pid }, { pid: other.pid }] } });
  const [holder] = listHolders(parsePid(rig.pid()));
  if (!holder) throw new Error('there is no holder');
  const second = await replace(first);
  // The agent would undo the fault of a holder that was killed before it.
  rig.process().kill('SIGSTOP');
  signalPidfd(openPidfd(holder.pid), 9);
  rig.process().kill('SIGKILL');
  await until('the agent is gone', () => rig.process().signalCode === 'SIGKILL');
  const wasOtherHeld = isHeld(other);
  const seen = await observe(first, second, async () => {
    if (how === 'by the next agent') {
      await rig.start();
      await until('the other runs', () => !isHeld(other));
      return [];
    }
    const [command = '', ...args] = [...unprivileged(ptraceless), process.execPath, join(distFolder, 'leash-agent.js')];
    const { stdout } = spawnSync(command, [...args, 'restore', ...rig.directories], { encoding: 'utf8' });
    const words = stdout.replaceAll(`pid ${first.pid}:`, 'first:').replaceAll(`pid ${other.pid}:`, 'other:');
    return words.split('\n').filter((line) => line !== '');
  });
  const isOtherRunning = !isHeld(other);
  await rig.dispose();
  return { ...seen, wasOtherHeld, isOtherRunning };
}

/** The same pid and the same start time: nothing but the pidfd can tell one from the other. */
async function sameTick(): Promise<Seen> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const first = await startSleeper(0);
    const pidfd = openPidfd(parsePid(first.pid));
    const second = await replace(first);
    if (first.identity.startTimeTicks !== second.identity.startTimeTicks) {
      await end(second.child);
      continue;
    }
    const target = { identity: first.identity, pidfd };
    return observe(first, second, async () => [
      messageOf(() => holdByPtrace(target, bootMs)),
      messageOf(() => holdByStop(target)),
      `signalled: ${signalPidfd(pidfd, 15)}`,
    ]);
  }
  throw new Error('no two processes began in the same tick');
}

interface Sleeper {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
}

function startRig(as?: { uid: number; capabilities: string }): Promise<AgentRig> {
  return startAgentRig(as ? { as, policy: 'journalWithoutSupervisor: true\ninjectsPerMinute: 600\n' } : {});
}

/** @param settleMs how old it must be, so that no two sleepers begin in the same tick. */
async function startSleeper(settleMs = 50): Promise<Sleeper> {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const identity = identify(parsePid(child.pid));
  if (!identity) throw new Error('the sleeper is gone');
  const sinceMs = bootMs();
  if (settleMs > 0)
    await until('it has settled', () => bootMs() > sinceMs + settleMs && traceOf(identity.pid).state === 'S');
  return { pid: identity.pid, child, identity };
}

/** Ends it, and starts another with its pid, which then is stopped by somebody who is not Leash. */
async function replace(first: Sleeper): Promise<Sleeper> {
  await end(first.child);
  for (let attempt = 0; attempt < 50; attempt++) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(first.pid - 1));
    const second = await startSleeper(0);
    if (second.pid !== first.pid) {
      await end(second.child);
      continue;
    }
    second.child.kill('SIGSTOP');
    await until('it is stopped', () => traceOf(second.pid).state === 'T');
    return second;
  }
  throw new Error('the pid was not given again');
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

async function observe(first: Sleeper, second: Sleeper, act: () => Promise<readonly string[]>): Promise<Seen> {
  const before = traceOf(second.pid);
  const said = await act();
  return {
    isSamePid: first.pid === second.pid,
    isSameTick: first.identity.startTimeTicks === second.identity.startTimeTicks,
    before,
    after: traceOf(second.pid),
    said,
  };
}

function traceOf(pid: number): Trace {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
  return {
    state: field('State'),
    tracerPid: Number(field('TracerPid')),
    switches: Number(field('voluntary_ctxt_switches')) + Number(field('nonvoluntary_ctxt_switches')),
    pendingSignals: field('ShdPnd') + field('SigPnd'),
  };
}

function isHeld({ pid }: Sleeper): boolean {
  return ['t', 'T'].includes(traceOf(pid).state);
}

function wordsOf(receipt: leash.v1.IReceipt, first: ProcessIdentity, other: ProcessIdentity): readonly string[] {
  const names = new Map([
    [first.pid as number, 'first'],
    [other.pid as number, 'other'],
  ]);
  return (receipt.targets ?? []).map((target) => `${names.get(target.identity?.pid ?? 0)}: outcome ${target.outcome}`);
}

function messageOf(call: () => unknown): string {
  try {
    call();
    return 'done';
  } catch (error) {
    return (error as Error & { reason?: string }).reason ?? String(error);
  }
}

const scenario = scenarios[process.argv[2] ?? ''];
if (!scenario) throw new Error(`no such scenario: ${process.argv[2]}`);
process.stdout.write(`${JSON.stringify(await scenario())}\n`);
process.exit(0);
