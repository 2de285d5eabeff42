/** Where an agent lives during the storm: its user, its disk, its limits, its clock, its network; and one steady victim. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StampingVictim, startStampingVictim } from '../host/harness/victim.ts';
import { type AgentRig, startAgentRig, unprivileged } from '../rig/agent.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { fillDisk } from '../rig/full-disk.ts';
import { allowDescriptors, allowForks, refuseDescriptors, refuseForks } from '../rig/limits.ts';
import type { PlaceName } from './scenario.ts';

export interface Place {
  readonly name: PlaceName;
  readonly rig: AgentRig;
  /** Its threads stamp every few milliseconds, and nobody but the agent of this place touches it. */
  readonly victim: StampingVictim;
  readonly fleet?: FleetRig;
  /** For files of stressors. */
  readonly scratch: string;
  /** What stands before a command line that is to run as the agent does. */
  readonly asAgent: readonly string[];
  /** As bad as it gets: no room, no descriptors, no forks, another time. The dice say which way the clock jumps. */
  worsen(dice: number): void;
  relieve(): void;
  /** Tables of the packet filter. */
  ruleTables(): readonly string[];
  /** How many copies of a record with this text the journal has: two when it is durable. */
  journalCopies(text: string): number;
  dispose(): Promise<void>;
}

const smallDiskBytes = 8 * 2 ** 20;
const noForksUid = 64_001;
const faketime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const hour = 3600;
const tenYears = 10 * 365 * 24 * hour;
const jumps = [hour, -hour, tenYears, -tenYears];

/** Why a place cannot be had here; undefined where it can. */
export function missingFor(name: PlaceName): string | undefined {
  if (name === 'plain') return undefined;
  if (name === 'jumping-clock') return existsSync(faketime) ? undefined : 'libfaketime';
  if (name === 'few-descriptors' || name === 'fleet') return undefined;
  return process.getuid?.() === 0 ? undefined : 'root';
}

export async function openPlace(name: PlaceName): Promise<Place> {
  const undo: (() => unknown)[] = [];
  const scratch = `/tmp/leash-storm-${process.pid}-${name}`;
  mkdirSync(scratch, { mode: 0o700 });
  undo.push(() => execFileSync('rm', ['-rf', scratch]));
  const clockFile = join(scratch, 'clock');
  const netns = `leash-storm-${process.pid}`;
  const policy = policyFor(scratch);

  const as = {
    uid: name === 'no-forks' ? noForksUid : 65_534,
    capabilities: name === 'journal' ? '+kill' : '+kill,+sys_ptrace',
  };
  const isUnprivileged = name === 'unit-user' || name === 'journal' || name === 'no-forks';
  let fleet: FleetRig | undefined;
  let rig: AgentRig;
  if (name === 'fleet') {
    fleet = await startFleetRig({ hosts: 1, policy });
    rig = (fleet.hosts[0] as FleetRig['hosts'][number]).agent;
  } else {
    if (name === 'network') {
      execFileSync('ip', ['netns', 'add', netns]);
      undo.push(() => execFileSync('ip', ['netns', 'delete', netns]));
      execFileSync('ip', ['-n', netns, 'link', 'set', 'lo', 'up']);
    }
    if (name === 'jumping-clock') writeFileSync(clockFile, '+0\n');
    rig = await startAgentRig({
      policy,
      ...(isUnprivileged ? { as } : {}),
      ...(name === 'network' ? { inside: ['nsenter', `--net=/run/netns/${netns}`, '--'] } : {}),
      ...(name === 'jumping-clock' ? { environment: clockEnvironment(clockFile) } : {}),
      ...(name === 'small-disk' ? { prepare: mountSmallDisk } : {}),
    });
  }
  const state = rig.directories[1] as string;
  const victim = await startStampingVictim({ threads: 4, intervalMs: 3 });
  let filler: { remove(): void } | undefined;

  return {
    name,
    rig,
    victim,
    scratch,
    ...(fleet ? { fleet } : {}),
    asAgent: isUnprivileged ? unprivileged(as) : [],
    worsen(dice) {
      switch (name) {
        case 'small-disk':
          filler ??= fillDisk(state);
          return;
        case 'few-descriptors':
          unlessDead(() => refuseDescriptors(rig.pid()));
          return;
        case 'no-forks':
          unlessDead(() => refuseForks(rig.pid()));
          return;
        case 'jumping-clock':
          writeFileSync(clockFile, `${signed(jumps[Math.floor(dice * jumps.length)] ?? 0)}\n`);
          return;
      }
    },
    relieve() {
      filler?.remove();
      filler = undefined;
      if (name === 'few-descriptors') unlessDead(() => allowDescriptors(rig.pid()));
      if (name === 'no-forks') unlessDead(() => allowForks(rig.pid()));
    },
    ruleTables: () => (name === 'network' ? ruleTablesIn(netns) : []),
    journalCopies: (text) => copiesIn(join(state, 'journal'), text),
    async dispose() {
      await victim.stop();
      if (name === 'small-disk') execFileSync('umount', ['--lazy', state]);
      await (fleet ?? rig).dispose();
      for (const step of undo.reverse()) step();
    },
  };
}

function policyFor(scratch: string): string {
  return [
    'injectsPerMinute: 600',
    'processesMax: 64',
    'faultsMax: 64',
    'cpuPercentMax: 100%',
    'journalWithoutSupervisor: true',
    `paths: { allow: [${scratch}] }`,
    'custom: [ { name: sleep, executable: /usr/bin/sleep, args: ["*"] } ]',
    '',
  ].join('\n');
}

function mountSmallDisk(directory: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${smallDiskBytes},mode=0700`, 'leash-storm', directory]);
}

/** The wall clock only: boot time is what leases are counted by. */
function clockEnvironment(clockFile: string): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: faketime,
    FAKETIME_TIMESTAMP_FILE: clockFile,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

/** The agent may have died just now, and its limits with it. */
function unlessDead(change: () => void): void {
  try {
    change();
  } catch {
    // Then there is nothing to limit.
  }
}

function ruleTablesIn(netns: string): readonly string[] {
  const output = execFileSync('ip', ['netns', 'exec', netns, 'nft', 'list', 'tables'], { encoding: 'utf8' });
  return output.split('\n').filter((line) => line !== '');
}

const journalBytes = Buffer.alloc(64 * 8192);

function copiesIn(path: string, text: string): number {
  let length = 0;
  try {
    const fd = openSync(path, 'r');
    try {
      length = readSync(fd, journalBytes, 0, journalBytes.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    return 0;
  }
  const bytes = journalBytes.subarray(0, length);
  let copies = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) copies += 1;
  return copies;
}

function signed(seconds: number): string {
  return seconds < 0 ? String(seconds) : `+${seconds}`;
}
