/**
 * The tests on the real kernel again, with agents that systemd starts by the text of the real unit: its user, its
 * capabilities, its filter of system calls, its mounts. The tests themselves run on the booted host too, as root, so that
 * they see what the agent sees.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../rig/project.ts';
import { until } from '../../rig/until.ts';
import { type BootedFleet, bootFleet, isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import { notUnderUnit, underUnit } from '../rig/host-suite.ts';

const project = '/usr/src/leash';
const places = '/var/lib/leash/tests';
const suiteWithinMs = 2_400_000;

const makeWritable = `while read -r _ path type _; do
  case $type-$path in cgroup-*/systemd) ;; cgroup-*) mount -o remount,bind,rw "$path" ;; esac
done </proc/mounts`;

interface Results {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

it('each file of the host suite is run under the unit, or is not for a reason', () => {
  const files = readdirSync(join(projectFolder, 'test/host')).filter((name) => name.endsWith('.test.ts'));
  const named = [...underUnit, ...Object.keys(notUnderUnit)].filter((name) => name.startsWith('test/host/'));
  expect(named.sort()).toEqual(files.map((name) => `test/host/${name}`).sort());
});

describe('under its unit an agent', () => {
  let fleet: BootedFleet;
  const host = () => fleet.hosts[0]!;
  beforeAll(async () => {
    if (!isBootable) return;
    const cache = 'node_modules/.cache';
    mkdirSync(join(projectFolder, cache), { recursive: true });
    // The agent may write below its state directory and nowhere else, so that is where the tests have their places; and
    // a disk is filled on a file system that can do it, which an overlay cannot.
    fleet = await bootFleet(['suite'], { sees: { [project]: projectFolder }, plain: [places] });
    await host().must('systemd-sysusers');
    await host().must('install', '-d', '-o', 'leash', '-g', 'leash', '-m', '0700', '/var/lib/leash');
    await host().must('install', '-d', '-o', 'leash', '-g', 'leash', '-m', '0755', places);
    await host().must('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'tests', `${project}/${cache}`);
    // The boot id that nspawn lays over the kernel's is not there where the unit has /proc/sys for itself: one for both.
    await host().must('umount', '/proc/sys/kernel/random/boot_id');
    // A host sees the controllers of this machine without being allowed to write there.
    await host().must('sh', '-euc', makeWritable);
  });
  afterAll(() => fleet?.dispose());

  test('does all that the host suite asks', { timeout: suiteWithinMs }, async () => {
    const [log, results] = ['/var/log/suite.log', '/var/log/suite.json'];
    const vitest = ['/usr/lib/leash-agent/node', `${project}/node_modules/vitest/vitest.mjs`, 'run'];
    await host().must(
      ...['systemd-run', '--unit=suite', `--working-directory=${project}`, '--property=Delegate=yes'],
      ...['--setenv=LEASH_TEST_UNDER_UNIT=1', '--setenv=LEASH_REQUIRE_ALL=1', `--setenv=TMPDIR=${places}`],
      ...['--setenv=NO_COLOR=1', '--setenv=HOME=/root', '--setenv=PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
      ...[`--property=StandardOutput=file:${log}`, `--property=StandardError=append:${log}`, '--'],
      ...[...vitest, '--config', 'test/fleet/under-unit.config.ts', '--configLoader', 'runner'],
      ...['--reporter=verbose', '--reporter=json', `--outputFile.json=${results}`],
      ...(process.env.LEASH_TEST_UNDER_UNIT_ONLY?.split(' ') ?? []),
    );
    const isOver = async (): Promise<boolean> =>
      /^(?:inactive|failed)/.test((await host().run('systemctl', 'is-active', 'suite')).output);
    await until('the suite is over', isOver, suiteWithinMs);
    const text = (await host().run('cat', results)).output;
    if (text === '') throw new Error(`no results: ${(await host().run('tail', '-c', '4000', log)).output}`);
    const { numTotalTests, numPassedTests, testResults } = JSON.parse(text) as Results;
    const others = testResults.flatMap(({ name, message, assertionResults }) => [
      ...(assertionResults.length === 0 ? [`${name}: ${message}`] : []),
      ...assertionResults
        .filter(({ status }) => status !== 'passed')
        .map((one) => `${one.status}: ${one.fullName}\n${(one.failureMessages ?? []).join('\n').slice(0, 600)}`),
    ]);
    process.stderr.write(
      `under the unit: ${numPassedTests} of ${numTotalTests} tests in ${testResults.length} files passed\n`,
    );
    expect(others).toEqual([]);
    expect(numPassedTests).toBeGreaterThan(0);
  });
});
