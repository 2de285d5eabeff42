import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unprivileged } from '../rig/agent.ts';
import { commandLineOf, isAlive, listPids } from '../rig/proc.ts';
import { distFolder } from '../rig/project.ts';
import { until } from '../rig/until.ts';

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

interface Result {
  readonly promise: string;
  readonly name: string;
  readonly pass: boolean;
  readonly measuredMs: number | null;
  readonly boundMs: number | null;
  readonly notTried?: string;
  readonly seen?: string;
}

/** The machine may be busy with other tests: what is late then is no broken promise. */
const lateness = /^later than promised/;

function start(
  options: readonly string[],
  before: readonly string[] = [],
): { child: ChildProcess; ended: Promise<Ended> } {
  const [command = '', ...args] = [...before, process.execPath, join(distFolder, 'leash-agent.js'), 'selftest'];
  const child = spawn(command, [...args, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, output, errors })));
  return { child, ended };
}

const isRoot = process.getuid?.() === 0;

const directoriesOf = (pid: number): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`leash-selftest-${pid}-`));

/** The second agent, its holders excepted, and the victims name it or its directory on their command lines. */
const childrenOf = (pid: number): readonly number[] =>
  listPids().filter(
    (each) =>
      new RegExp(`leash-selftest-${pid}-|leash-selftest-victim\\.js ${pid} |--tether ${pid} `).test(
        commandLineOf(each),
      ) && isAlive(each),
  );

describe('leash-agent selftest', () => {
  it('tries each promise, says how long it took, and leaves nothing behind', async () => {
    const { child, ended } = start(['--json']);
    const { code, output, errors } = await ended;
    expect(errors).toBe('');
    const document = JSON.parse(output) as { pass: boolean; promises: Result[] };
    const broken = document.promises.filter(({ seen }) => seen !== undefined && !lateness.test(seen));
    expect(broken).toEqual([]);
    const isAllPassed = document.promises.every(({ pass }) => pass);
    expect(document.pass).toBe(isAllPassed);
    const isAnyLate = document.promises.some(({ seen }) => seen !== undefined);
    expect(code).toBe(isAnyLate ? 1 : isAllPassed ? 0 : 5);
    const timed = document.promises.filter(({ boundMs, notTried }) => boundMs !== null && notTried === undefined);
    for (const { name, measuredMs } of timed) expect(measuredMs, name).toBeGreaterThanOrEqual(0);
    expect(new Set(document.promises.map(({ promise }) => promise)).size).toBe(9);
    expect(directoriesOf(child.pid ?? 0)).toEqual([]);
    expect(childrenOf(child.pid ?? 0)).toEqual([]);
  }, 300_000);

  it('prints a table within 80 columns, and for a user without any capability what it could not try', async () => {
    const { child, ended } = start([], isRoot ? unprivileged({ uid: 65_534, capabilities: '' }) : []);
    await until('the first attempts are over', () => directoriesOf(child.pid ?? 0).length > 0);
    const { code, output, errors } = await ended;
    expect(errors).toBe('');
    expect(output).toMatch(/^Bounded\nPASS {2}pause: agent hangs, its lease ends +[\d.]+ ms +of \d+ ms\n/);
    expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(output).toContain('not tried: another user without ptrace is needed, which only root can');
    const [, failed, notTried] =
      /\d+ passed, (\d+) failed, (\d+) not tried, in [\d.]+ s; nothing was left behind\n$/.exec(output) ?? [];
    expect(Number(notTried)).toBeGreaterThan(0);
    expect(code).toBe(failed === '0' ? 5 : 1);
    expect(output.match(/^FAIL/gm)?.length ?? 0).toBe(output.match(/later than promised/g)?.length ?? 0);
  }, 300_000);

  it.each([600, 2500])(
    'ends everything that it started when it is interrupted after %d ms',
    async (afterMs) => {
      const { child, ended } = start([]);
      const pid = child.pid ?? 0;
      await until('it has started something', () => childrenOf(pid).length > 0);
      const interruptAtMs = performance.now() + afterMs;
      await until('the instant', () => performance.now() >= interruptAtMs);
      child.kill('SIGINT');
      const { code, errors } = await ended;
      expect(errors).toContain('interrupted; everything that was started has ended');
      expect(code).toBe(4);
      expect(childrenOf(pid)).toEqual([]);
      expect(directoriesOf(pid)).toEqual([]);
    },
    120_000,
  );

  it.each([600, 2500])(
    'takes everything with it when it is SIGKILLed after %d ms',
    async (afterMs) => {
      const { child, ended } = start([]);
      const pid = child.pid ?? 0;
      await until('it has started something', () => childrenOf(pid).length > 0);
      const killAtMs = performance.now() + afterMs;
      await until('the instant', () => performance.now() >= killAtMs);
      child.kill('SIGKILL');
      await ended;
      await until('nothing of it is left', () => childrenOf(pid).length === 0);
      // The directory is for the next selftest of this user to remove.
      const next = start(['--json']);
      await until('the next one has begun', () => directoriesOf(next.child.pid ?? 0).length > 0);
      expect(directoriesOf(pid)).toEqual([]);
      next.child.kill('SIGINT');
      await next.ended;
    },
    120_000,
  );
});
