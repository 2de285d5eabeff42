/** Starts holders as processes, and speaks with them. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type Pid, type ProcessIdentity, parsePid } from '../../proto/identity.ts';
import type { Holder, HolderEnd, HolderPort } from '../engine/holder-port.ts';
import { findFaultKind } from '../faults/index.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { HolderCommand, HolderReport, HoldOrder } from '../holders/hold-order.ts';
import { createLineReader } from '../holders/line-reader.ts';
import { holderLaunch } from './holder-launch.ts';
import { closePidfd, openPidfd, signalPidfd } from './native/pidfd.ts';
import { identify, openProcess } from './process-identity.ts';
import { parseHolderReport } from './report-door.ts';

export interface HolderPortOptions {
  /** The bundled holder program. */
  readonly programPath: string;
  /** What a holder says that is no report, and why it was killed for it. */
  warn(message: string, error: unknown): void;
}

const signalKill = 9;
const lineLengthMax = 4 * 2 ** 20;
/** After the end of the process its last reports are still read, but not without end. */
const lastReportsMs = 500;

/** Call `start` from the main thread: the parent-death signal is about the thread that spawned (PR_SET_PDEATHSIG(2const)). */
export function createHolderPort({ programPath, warn }: HolderPortOptions): HolderPort {
  return {
    start(order, onReport) {
      const pidfds = openTargets(order.targets);
      try {
        return createHolderOf(startChild(programPath, order, pidfds), order, onReport, warn);
      } finally {
        for (const pidfd of pidfds) closePidfd(pidfd);
      }
    },
  };
}

/** All or none. @throws HoldFailure */
function openTargets(targets: readonly ProcessIdentity[]): readonly number[] {
  const pidfds: number[] = [];
  try {
    for (const target of targets) pidfds.push(openProcess(target));
    return pidfds;
  } catch (error) {
    for (const pidfd of pidfds) closePidfd(pidfd);
    if (error instanceof HoldFailure) throw error;
    throw new HoldFailure('holder-failed', `the targets could not be opened: ${messageOf(error)}`);
  }
}

interface StartedChild extends ChildProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly pid: Pid;
}

/** In a session of its own, so that no terminal and no scheduling group ties it to others. @throws HoldFailure */
function startChild(programPath: string, order: HoldOrder, pidfds: readonly number[]): StartedChild {
  const { command, args, env } = holderLaunch(programPath, capabilitiesOf(order));
  let child: ChildProcess;
  try {
    child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit', ...pidfds],
      detached: true,
      cwd: '/',
      env: env as NodeJS.ProcessEnv,
    });
  } catch (error) {
    throw new HoldFailure('holder-failed', `the holder could not be started: ${messageOf(error)}`);
  }
  // Most failures to start, EAGAIN and EMFILE among them, arrive as an event: the missing pid tells at once.
  child.on('error', () => {});
  if (child.pid === undefined) throw new HoldFailure('holder-failed', 'the holder could not be started');
  parsePid(child.pid);
  return child as StartedChild;
}

function createHolderOf(
  child: StartedChild,
  order: HoldOrder,
  onReport: (report: HolderReport) => void,
  warn: HolderPortOptions['warn'],
): Holder {
  const { pidfd, identity } = identifyChild(child);
  let hasEnded = false;

  function kill(): void {
    if (!hasEnded) signalPidfd(pidfd, signalKill);
  }

  function say(line: HoldOrder | HolderCommand): void {
    if (child.stdin.writable) child.stdin.write(`${JSON.stringify(line)}\n`);
  }

  const readLines = createLineReader(lineLengthMax, (line) => onReport(parseHolderReport(line)));
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8');
  child.stdout.on('error', () => {});
  child.stdout.on('data', (chunk: string) => {
    try {
      readLines(chunk);
    } catch (error) {
      // What cannot be understood is not trusted with a fault.
      warn(`holder ${child.pid} was killed: it did not report as it should`, error);
      kill();
    }
  });
  child.once('exit', () => {
    hasEnded = true;
    closePidfd(pidfd);
  });
  say(order);

  return {
    identity,
    touch: () => say({ type: 'touch' }),
    renew: (deadlines) => say({ type: 'renew', deadlines }),
    release: (target) => say(target ? { type: 'release', target } : { type: 'release' }),
    kill,
    ended: endOf(child),
  };
}

/** Exactly what the fault says that it needs; undefined, for all, where it touches processes. */
function capabilitiesOf({ kind, binding, targets }: HoldOrder): readonly string[] | undefined {
  if (targets.length > 0) return undefined;
  const needs = findFaultKind(kind)?.needs ?? [];
  return needs.filter((need) => need.kind === 'capability' && need.bindings.includes(binding)).map((need) => need.name);
}

/** The pid is this child's for certain: the event loop, which reaps, has not turned since the spawn. @throws HoldFailure */
function identifyChild(child: StartedChild): { readonly pidfd: number; readonly identity: ProcessIdentity } {
  try {
    const identity = identify(child.pid);
    if (!identity) throw new Error('it is not in /proc');
    return { identity, pidfd: openPidfd(child.pid) };
  } catch (error) {
    // It has no order yet, and the end of its stdin is all that it needs to go.
    child.stdin.destroy();
    throw new HoldFailure('holder-failed', `the holder could not be identified: ${messageOf(error)}`);
  }
}

/** After the last report was read, so that "finished" never arrives after the end. */
function endOf(child: ChildProcess): Promise<HolderEnd> {
  return new Promise((resolve) => {
    let how = '';
    const settle = (): void => resolve({ how });
    child.once('exit', (code, signal) => {
      how = signal === null ? `exit ${code}` : `signal ${signal}`;
      setTimeout(settle, lastReportsMs).unref();
    });
    child.once('close', settle);
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
