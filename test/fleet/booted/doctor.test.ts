/**
 * Both packages on one bare host, and nothing else done: what is red is mended by the command that stands below it. Then a
 * second host, made as the example for cloud-init says.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { parse } from 'yaml';
import { projectFolder } from '../../rig/project.ts';
import { until } from '../../rig/until.ts';
import { type BootedFleet, bootFleet, isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import type { BootedHost } from '../rig/booted-host.ts';
import { buildPackage } from '../rig/built-packages.ts';

interface Check {
  readonly name: string;
  readonly ready: boolean;
  readonly detail: string;
  readonly fix: string;
}

function isAway({ name, ready }: Check): boolean {
  return !ready && name.endsWith(': connected');
}

/** More than any host lacks: one that is mended and is red again would be followed for ever. */
const stepsMax = 20;
const fixWithinMs = 60_000;

describe('on a bare installation', () => {
  let fleet: BootedFleet;
  let packages: string;
  const host = () => fleet.hosts[0]!;

  beforeAll(async () => {
    if (!isBootable) return;
    packages = mkdtempSync(join(tmpdir(), 'leash-packages-'));
    fleet = await bootFleet(['bare', 'made'], { programs: 'none' });
    for (const product of ['leash', 'leash-agent'] as const) {
      const file = await buildPackage(packages, product);
      await host().write(`/srv/${basename(file)}`, readFileSync(file));
      await host().must('apt-get', 'install', '-y', '-q', `/srv/${basename(file)}`);
    }
    const [control, made] = fleet.hosts as [BootedHost, BootedHost];
    await made.write('/etc/hosts', `127.0.0.1 localhost made\n${control.ipv4} control\n`);
    await made.write('/var/cache/leash-agent.deb', readFileSync(await buildPackage(packages, 'leash-agent')));
    // As bare as a host that was made from an image: nothing of it runs yet.
    await host().must('systemctl', 'disable', '--now', 'leash-agent');
  });
  afterAll(async () => {
    await fleet?.dispose();
    if (packages) rmSync(packages, { recursive: true, force: true });
  });

  const look = {
    'leash doctor': async (): Promise<readonly Check[]> =>
      JSON.parse((await host().run('leash', 'doctor', '--json')).output).checks,
    'leash-agent check': async (): Promise<readonly Check[]> =>
      JSON.parse((await host().run('leash-agent', 'check', '--json')).output).readiness,
  };

  /** Types the fix of the first red line, again and again, until no line is red. @returns which were. */
  async function followAll(command: keyof typeof look): Promise<readonly string[]> {
    const mended: string[] = [];
    for (let step = 0; step < stepsMax; step++) {
      // An agent that has just been started again takes some seconds, and nothing need be typed for that.
      await until('who has joined is connected', async () => !(await look[command]()).some(isAway), fixWithinMs);
      const red = (await look[command]()).find(({ ready }) => !ready);
      if (!red) return mended;
      process.stderr.write(`${command}: ${red.name}: ${red.detail}\n    ${red.fix}\n`);
      const typed = /^on bare: (.*)$/.exec(red.fix)?.[1] ?? red.fix;
      const { code, output, errors } = await host().run('sh', '-euc', typed);
      expect(code, `${typed}: ${output}${errors}`).toBe(0);
      const isGreen = async (): Promise<boolean> => {
        const now = await look[command]();
        return now.every(({ name, ready }) => name !== red.name || ready);
      };
      await until(`${red.name} is green after: ${typed}`, isGreen, fixWithinMs);
      mended.push(red.name);
    }
    throw new Error(`still red after ${stepsMax} steps: ${mended.join(', ')}`);
  }

  test('leash-agent check names what does not run, and typing what it says starts it', async () => {
    await host().must('chmod', '0666', '/etc/leash/policy.yaml');
    await host().must('touch', '/run/leash/HALT');
    const before = await look['leash-agent check']();
    expect(before.filter(({ ready }) => !ready).map(({ name }) => name)).toEqual([
      'policy',
      'agent',
      'supervisor',
      'armed',
      'certificate',
    ]);
    for (const { ready, fix } of before) expect(fix === '').toBe(ready);
    for (const name of ['policy', 'agent', 'armed']) {
      const { fix } = (await look['leash-agent check']()).find((one) => one.name === name) as Check;
      process.stderr.write(`leash-agent check: ${name}\n    ${fix}\n`);
      await host().must('sh', '-euc', fix);
    }
    const left = (await look['leash-agent check']()).filter(({ ready }) => !ready).map(({ name }) => name);
    expect(left).toEqual(['certificate']);
  });

  test('leash doctor leads from nothing to a fleet that lacks nothing, each line by its own command', async () => {
    const mended = await followAll('leash doctor');
    expect(mended).toEqual([
      'authority',
      'certificate of the coordinator',
      'settings',
      'coordinator',
      'hosts',
      'bare: policy',
      'kill switch rehearsed',
    ]);
    expect((await host().run('leash', 'doctor')).code).toBe(0);
  });

  test('leash-agent check has no red line then, and has the command for a certificate that is gone', async () => {
    expect(await followAll('leash-agent check')).toEqual([]);
    await host().must('rm', '-r', '/etc/leash/tls');
    expect(await followAll('leash-agent check')).toEqual(['certificate']);
    await until('all is green', async () => (await host().run('leash', 'doctor')).code === 0, fixWithinMs);
  });

  test('a host that is made as the example for cloud-init says is in the fleet, in the stage of its policy', async () => {
    const made = fleet.hosts[1] as BootedHost;
    const { write_files: files, runcmd } = parse(
      readFileSync(join(projectFolder, 'systemd/examples/cloud-init.yaml'), 'utf8'),
    );
    const token = (await host().must('leash', 'join-token', '--label', 'app=shop')).trim();
    for (const { path, permissions, content } of files) {
      await made.write(path, content.replace('leash-join:…', token), Number.parseInt(permissions, 8));
    }
    for (const words of runcmd) await made.must(...words);
    await until('it is connected', async () => {
      const { hosts } = JSON.parse((await host().run('leash', 'hosts', '--json')).output);
      const found = hosts.find(({ name }: { name: string }) => name === 'made');
      return found?.status === 'connected' && found.stage === 'staging' && found.labels.app === 'shop';
    });
    expect((await made.run('test', '-e', '/run/join.token')).code).toBe(1);
    expect((await look['leash doctor']()).filter(({ ready }) => !ready)).toEqual([]);
  });
});
