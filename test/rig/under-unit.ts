/**
 * Agents that systemd starts by the text of the real unit file, instead of the test by itself: on a booted host, where
 * LEASH_TEST_UNDER_UNIT is set (test/fleet/booted/under-unit.test.ts). What stands in the unit holds as it stands there;
 * a drop-in says only what to run, where it reads and writes, and that systemd leaves the next start to the test.
 */
import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defaultCapabilities } from '../../agent/app/unit.ts';
import { isAlive } from './proc.ts';
import { projectFolder } from './project.ts';
import { until } from './until.ts';

export const isUnderUnit = process.env.LEASH_TEST_UNDER_UNIT !== undefined;

/** What tests ask of the process of an agent, whoever started it. */
export interface AgentProcess {
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  kill(signal?: NodeJS.Signals | number): boolean;
  once(event: 'exit', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown;
}

export interface UnitProcess extends AgentProcess {
  /** Ends it as `systemctl stop` does, `ExecStopPost=` included, and removes the unit. */
  remove(): Promise<void>;
}

export interface UnitCommand {
  readonly command: readonly string[];
  /** In the place of `leash-agent restore`, before and after it. */
  readonly restore?: readonly string[];
  /** "+kill,+sys_ptrace", as setpriv(1) takes them; those of the unit where it is left out. */
  readonly capabilities?: string | undefined;
  /** Paths of files or FIFOs. */
  readonly input?: string;
  readonly output?: string;
  readonly errors: string;
  /** Whether it says to systemd when it is ready, and feeds the watchdog. */
  readonly saysReady: boolean;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const unitPath = join(projectFolder, 'systemd/leash-agent.service');
const systemctlWithinMs = 60_000;
const run = promisify(execFile);
let number = 0;

/** The agent's own user on this host. */
export function unitUser(): { readonly uid: number; readonly gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith('leash:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined) throw new Error('this host has no user leash: systemd-sysusers makes it');
  return { uid: Number(uid), gid: Number(gid) };
}

/** @throws Error with what it wrote, where it did not start. */
export async function startUnderUnit(order: UnitCommand): Promise<UnitProcess> {
  number += 1;
  const name = `leash-test-${process.pid}-${number}.service`;
  const files = [join('/run/systemd/system', name), join('/run/systemd/system', `${name}.d`)] as const;
  writeFileSync(files[0], readFileSync(unitPath));
  mkdirSync(files[1], { recursive: true });
  writeFileSync(join(files[1], 'place.conf'), placeText(order));
  const systemctl = (...words: readonly string[]) => run('systemctl', [...words], { timeout: systemctlWithinMs });
  await systemctl('daemon-reload');
  const remove = async (): Promise<void> => {
    await systemctl('stop', name).catch(() => undefined);
    await systemctl('reset-failed', name).catch(() => undefined);
    for (const file of files) rmSync(file, { recursive: true, force: true });
  };
  const show = async (property: string): Promise<number> =>
    Number((await systemctl('show', `--property=${property}`, '--value', name)).stdout);
  try {
    await systemctl('start', name);
    const pid = await show('MainPID');
    if (pid === 0) throw new Error('it has no process');
    confirmSandbox(pid);
    return watched(pid, show, remove);
  } catch (error) {
    const { stdout } = await run('journalctl', ['--no-pager', '--lines=20', '--output=cat', `--unit=${name}`]);
    const wrote = existsSync(order.errors) ? readFileSync(order.errors, 'utf8') : '';
    await remove();
    throw new Error(`the unit did not start: ${(error as Error).message}\n${stdout}\n${wrote}`);
  }
}

function placeText({
  command,
  restore,
  capabilities,
  input,
  output,
  errors,
  saysReady,
  environment = {},
}: UnitCommand): string {
  const beside = restore ? `-${restore.map(quoted).join(' ')}` : undefined;
  const asked = capabilities?.split(',').map((one) => one.replace('+', 'CAP_').toUpperCase());
  const isOfUnit = asked?.join() === defaultCapabilities.join();
  const names = isOfUnit ? undefined : asked;
  const network = networkOfTest();
  return [
    '[Service]',
    // The test starts it again, and wants to see it gone before.
    'Restart=no',
    'ExecStartPre=',
    ...(beside ? [`ExecStartPre=${beside}`] : []),
    'ExecStart=',
    `ExecStart=${command.map(quoted).join(' ')}`,
    'ExecStopPost=',
    ...(beside ? [`ExecStopPost=${beside}`] : []),
    ...(saysReady ? [] : ['Type=exec', 'WatchdogSec=0']),
    ...(input === undefined ? [] : [`StandardInput=file:${input}`]),
    `StandardOutput=${output === undefined ? 'null' : `file:${output}`}`,
    `StandardError=append:${errors}`,
    ...Object.entries(environment).flatMap(([key, value]) =>
      value === undefined ? [] : [`Environment=${quoted(`${key}=${value}`)}`],
    ),
    ...(network === undefined ? [] : [`NetworkNamespacePath=${network}`]),
    ...(names === undefined
      ? []
      : ['AmbientCapabilities', 'CapabilityBoundingSet'].flatMap((key) => [`${key}=`, `${key}=${names.join(' ')}`])),
    ...(names?.includes('CAP_NET_ADMIN') ? ['RestrictAddressFamilies=AF_NETLINK'] : []),
    ...(names?.includes('CAP_SYS_ADMIN') ? ['RestrictNamespaces=pid'] : []),
    '',
  ].join('\n');
}

/** systemd.service(5), COMMAND LINES: what it would replace is doubled. */
function quoted(word: string): string {
  return `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
}

/** Where the test has gone to another network than the host's, its agents are there too. */
function networkOfTest(): string | undefined {
  const own = `/proc/${process.pid}/ns/net`;
  return readlinkSync(own) === readlinkSync('/proc/1/ns/net') ? undefined : own;
}

/** Without this a unit that systemd could not read would look like a test that passed. */
function confirmSandbox(pid: number): void {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
  const seen = { NoNewPrivs: field('NoNewPrivs'), Seccomp: field('Seccomp'), Uid: field('Uid') };
  const wanted = { NoNewPrivs: '1', Seccomp: '2', Uid: String(unitUser().uid) };
  if (JSON.stringify(seen) !== JSON.stringify(wanted)) {
    throw new Error(`not under the unit's sandbox: ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`);
  }
}

const lookEveryMs = 5;

function watched(pid: number, show: (property: string) => Promise<number>, remove: () => Promise<void>): UnitProcess {
  const events = new EventEmitter();
  let [exitCode, signalCode]: [number | null, NodeJS.Signals | null] = [null, null];
  const ended = async (): Promise<void> => {
    // CLD_EXITED, CLD_KILLED or CLD_DUMPED (sigaction(2)); 0 until systemd has noticed.
    const how = await until('systemd has seen that it ended', async () => (await show('ExecMainCode')) || undefined);
    const status = await show('ExecMainStatus');
    if (how === 1) exitCode = status;
    else signalCode = signalName(status);
    events.emit('exit', exitCode, signalCode);
  };
  const timer = setInterval(() => {
    if (isAlive(pid)) return;
    clearInterval(timer);
    void ended();
  }, lookEveryMs);
  timer.unref();
  return {
    pid,
    get exitCode() {
      return exitCode;
    },
    get signalCode() {
      return signalCode;
    },
    kill(signal = 'SIGTERM') {
      try {
        return process.kill(pid, signal);
      } catch {
        // As for a child of the test's own.
        return false;
      }
    },
    once: (event, listener) => events.once(event, listener),
    async remove() {
      await remove();
      clearInterval(timer);
    },
  };
}

function signalName(status: number): NodeJS.Signals {
  const names: Readonly<Record<number, NodeJS.Signals>> = {
    1: 'SIGHUP',
    6: 'SIGABRT',
    9: 'SIGKILL',
    15: 'SIGTERM',
    31: 'SIGSYS',
  };
  return names[status] ?? 'SIGKILL';
}
