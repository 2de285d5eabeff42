/** The tutorial, as it is written, on hosts as bare as it says: and then what it does not show. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { threadStates } from '../../rig/proc.ts';
import { until } from '../../rig/until.ts';
import { type BootedFleet, bootFleet, isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import type { BootedHost } from '../rig/booted-host.ts';
import { buildPackage } from '../rig/built-packages.ts';
import { blocksOf } from '../rig/verbatim.ts';

const names = ['control', 'web-1', 'web-2', 'web-3'];
const tutorialWithinMs = 600_000;
/** Where its reader works. */
const at = '/srv';

describe('the tutorial', () => {
  let fleet: BootedFleet;
  let packages: string;
  const host = (name: string): BootedHost => fleet.hosts[names.indexOf(name)] as BootedHost;

  beforeAll(async () => {
    if (!isBootable) return;
    packages = mkdtempSync(join(tmpdir(), 'leash-packages-'));
    const files = [await buildPackage(packages, 'leash'), await buildPackage(packages, 'leash-agent')];
    fleet = await bootFleet(names, { programs: 'none' });
    const known = fleet.hosts.map(({ name, ipv4 }) => `${ipv4} ${name}\n`).join('');
    for (const one of fleet.hosts) {
      await one.write('/etc/hosts', `127.0.0.1 localhost\n${known}`);
      for (const file of files) await one.write(`${at}/${basename(file)}`, readFileSync(file));
    }
    for (const name of names.slice(1)) await host(name).must('systemctl', 'start', 'redis-server');
  });
  afterAll(async () => {
    await fleet?.dispose();
    if (packages) rmSync(packages, { recursive: true, force: true });
  });

  /** @returns what it said. */
  async function type(name: string, script: string): Promise<string> {
    const { code, output, errors } = await host(name).run('sh', '-euc', `cd ${at}\n${script}`);
    if (code !== 0) throw new Error(`${name}: exit code ${code}\n${script}\n${output}${errors}`);
    return output + errors;
  }

  async function areConnected(name: string): Promise<boolean> {
    const { hosts } = JSON.parse((await host(name).run('leash', 'hosts', '--json')).output);
    return hosts.length === names.length - 1 && hosts.every(({ status }: { status: string }) => status === 'connected');
  }

  test('leads from bare hosts to an experiment across three, and to the switch, in under ten minutes', {
    timeout: tutorialWithinMs,
  }, async () => {
    const from = performance.now();
    const said: string[] = [];
    for (const { hosts, script, line } of blocksOf('systemd/docs/tutorial.md')) {
      for (const name of hosts) {
        if (script.includes('join.token')) {
          await host(name).write(`${at}/join.token`, await host('control').read(`${at}/${name}.token`), 0o600);
        }
        said.push(`line ${line}, ${name}: ${await type(name, script)}`);
        // As a reader does, who looks again until each host that has joined is there.
        if (script.includes('leash hosts')) await until('all hosts are connected', () => areConnected(name), 60_000);
      }
    }
    const tookMs = performance.now() - from;
    process.stderr.write(`the tutorial took ${(tookMs / 1000).toFixed(1)} s\n`);
    expect(tookMs).toBeLessThan(tutorialWithinMs);
    const all = said.join('\n');
    for (const name of names.slice(1)) expect(all).toContain(name);
    expect(all).toMatch(/held|done/);
  });

  test('leaves nothing paused, and all hosts armed', async () => {
    for (const name of names.slice(1)) {
      const states = threadStates(await host(name).mainPid('redis-server'));
      expect(states.length).toBeGreaterThan(0);
      expect(states.filter((state) => state === 't' || state === 'T')).toEqual([]);
      expect(await type(name, 'leash-agent status')).toMatch(/armed/);
    }
  });

  test('leash doctor names what is missing, and following what it says turns every line green', async () => {
    type Check = { readonly name: string; readonly ready: boolean; readonly fix: string };
    const look = async (): Promise<readonly Check[]> =>
      JSON.parse((await host('control').run('leash', 'doctor', '--json')).output).checks;
    const red = (await look()).filter(({ ready }) => !ready);
    expect(red.map(({ name }) => name)).toEqual([
      ...names.slice(1).map((name) => `${name}: policy`),
      'kill switch rehearsed',
    ]);
    for (const { name, fix } of red) {
      process.stderr.write(`${name}: ${fix}\n`);
      const [, where = 'control', command = ''] = /^(?:on (\S+): )?(.*)$/.exec(fix) ?? [];
      await until(`${fix} succeeds`, async () => (await host(where).run('sh', '-euc', command)).code === 0, 120_000);
    }
    await until('nothing is red', async () => (await look()).every(({ ready }) => ready), 120_000);
    expect((await host('control').run('leash', 'doctor')).code).toBe(0);
  });

  test('a token works once, and not at all for another fleet, another host or a host that is there already', async () => {
    const join = (name: string, token: string, more = '') =>
      host(name)
        .write(`${at}/again.token`, token, 0o600)
        .then(() => host(name).run('sh', '-c', `leash-agent join control:7444 --token-file ${at}/again.token ${more}`));
    const used = await join('web-1', await host('control').read(`${at}/web-1.token`));
    expect(used.code).not.toBe(0);
    expect(used.errors).toMatch(/used already/);
    const fresh = await type('control', 'leash join-token 2>/dev/null');
    expect((await join('web-1', fresh)).errors).toMatch(/web-1 is in the fleet already.*--name web-1/);
    expect((await join('web-2', await type('control', 'leash join-token --name web-9 2>/dev/null'))).errors).toMatch(
      /for a host of another name/,
    );
    const other = 'leash ca init --dir other --trust-domain other.fleet >/dev/null';
    const foreign = await type('control', `${other}; leash join-token --ca other --state-dir . 2>/dev/null`);
    expect((await join('web-1', foreign)).errors).toMatch(/of the fleet other\.fleet, and control:7444 is of another/);
    const late = await type('control', 'leash join-token --name web-1 --for 1s 2>/dev/null; sleep 1.1');
    expect((await join('web-1', late)).errors).toMatch(/expired/);
    const named = await type('control', 'leash join-token --name web-1 2>/dev/null');
    expect(await join('web-1', named)).toMatchObject({ code: 0 });
    await type('control', 'systemctl restart leash-coordinator');
    expect(await type('control', 'leash hosts')).toMatch(/web-1 +.*connected/);
  });
});
