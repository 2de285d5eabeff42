/** Processes whose names are meant to mislead: each is found for what it is, or not at all, and shown without harm. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { planFor } from '../rig/inject.ts';
import { until } from '../rig/until.ts';

const mark = `leash${process.pid}`;
const names: readonly (readonly [string, string])[] = [
  ['spaces', 'a b 1 2 3'],
  ['parentheses', 'x) S 1 1 ('],
  ['a line break', 'y\nState: Z'],
  ['escape sequences', '\u001b[2J\u001b[31m'],
  ['a percent sign', '%n%s'],
];

describe('a process whose name has', () => {
  let rig: AgentRig;
  let directory: TestDirectory;
  const started: ChildProcess[] = [];
  beforeAll(async () => {
    rig = await startAgentRig();
    directory = makeTestDirectory();
  });
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    await rig.dispose();
    directory.remove();
  });

  /** sleep(1) by another name: the kernel takes the name from the file. */
  function startNamed(name: string, args: readonly string[], argv0?: string): ChildProcess {
    const program = join(directory.path, name);
    copyFileSync('/usr/bin/sleep', program);
    chmodSync(program, 0o700);
    const child = spawn(program, args, { stdio: 'ignore', ...(argv0 === undefined ? {} : { argv0 }) });
    started.push(child);
    return child;
  }

  it.each(names)('%s is matched by exactly that name, and by no part of it', async (_what, name) => {
    const child = startNamed(name, ['600']);
    const plan = await until('it is found', async () => {
      const found = await planFor(rig.client, { kind: 'process.pause', selector: { name, pid: child.pid ?? 0 } });
      return found.targets?.length === 1 && found;
    });
    expect(plan.targets?.[0]).toMatchObject({ name, identity: { pid: child.pid } });
    const part = await planFor(rig.client, {
      kind: 'process.pause',
      selector: { name: name.slice(0, 1), pid: child.pid ?? 0 },
    });
    expect(part.targets).toHaveLength(0);
  });

  it('4 KiB of arguments is listed with 256 bytes of them', async () => {
    const child = startNamed(`${mark}l`, ['600', ...Array.from({ length: 15 }, () => '0'.repeat(255))]);
    const plan = await until('it is found', async () => {
      const found = await planFor(rig.client, {
        kind: 'process.pause',
        selector: { pid: child.pid ?? 0, cmdline: '^.* 600 0{255}' },
      });
      return found.targets?.length === 1 && found;
    });
    expect(plan.targets?.[0]?.cmdline?.length).toBeLessThanOrEqual(256);
  });

  it('an empty first argument is found by its program', async () => {
    const child = startNamed(`${mark}e`, ['600'], '');
    await until('it is found', async () => {
      const selector = { pid: child.pid ?? 0, exe: join(directory.path, `${mark}e`) };
      return (await planFor(rig.client, { kind: 'process.pause', selector })).targets?.length === 1;
    });
  });

  it('sshd is refused, since it may be one, and so is the agent by any name', async () => {
    const child = startNamed('sshd', ['600']);
    const refusalsOf = async (pid: number): Promise<readonly (string | null | undefined)[]> => {
      const { refusals } = await planFor(rig.client, { kind: 'process.pause', selector: { pid } });
      return (refusals ?? []).map(({ reason }) => reason);
    };
    await until('it is seen', async () => (await refusalsOf(child.pid ?? 0)).includes('target-protected'));
    expect(await refusalsOf(rig.pid())).toContain('target-protected');
  });
});
