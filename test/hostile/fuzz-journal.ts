/**
 * Journals that an enemy of the host might leave for the next agent to replay, put wrong by a seed: commands, paths, links,
 * foreign values, torn copies, other versions. A replay may refuse a record, or move back what a fault of this host could
 * have set; and nothing else.
 */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createPutBackGuard } from '../../agent/app/put-back-guard.ts';
import { defaultPolicy, type HostPolicy } from '../../agent/core/policy.ts';
import type { ProcessFacts } from '../../agent/core/process.ts';
import type { KeptSetting } from '../../agent/core/setting.ts';
import { openJournal } from '../../agent/store/journal.ts';
import { recordToBytes } from '../../agent/store/journal-record.ts';
import { replayJournal } from '../../agent/store/replay.ts';
import { slotBytes, writeSlot } from '../../agent/store/slot.ts';
import { type Pid, parsePid } from '../../proto/identity.ts';
import type { Json, JsonObject } from '../../proto/struct.ts';
import { createRandom } from '../bench/random.ts';

type Random = ReturnType<typeof createRandom>;

const bootId = 'boot';
const slots = 64;
export const fuzzPolicy: HostPolicy = {
  ...defaultPolicy,
  cgroups: { allow: ['shop.service', '/system.slice/shop.service'] },
  services: { allow: ['shop.service'] },
  interfaces: { allow: ['eth0'] },
};

function processOf(pid: number, facts: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    identity: { bootId, pid: parsePid(pid), startTimeTicks: 7 },
    parentPid: 1,
    name: 'worker',
    state: 'S',
    uid: 1000,
    gid: 1000,
    cmdline: [],
    cgroup: '/system.slice/shop.service',
    threads: 1,
    residentBytes: 4096,
    sessionId: pid,
    isKernelThread: false,
    ...facts,
  };
}

const init = processOf(1, { name: 'systemd', parentPid: 0, uid: 0 });
const worker = processOf(100);
const stranger = processOf(101);
const table = {
  bootId,
  processes: new Map<Pid, ProcessFacts>([init, worker, stranger].map((each) => [each.identity.pid, each])),
};

/** What a fault of this host writes: each is moved back as it stands. */
const honest: readonly {
  readonly kind: string;
  readonly parameters: JsonObject;
  readonly kept: Partial<KeptSetting>;
}[] = [
  {
    kind: 'process.renice',
    parameters: { nice: 9 },
    kept: { what: 'nice', of: worker.identity, ours: '9', original: '0' },
  },
  {
    kind: 'process.affinity',
    parameters: { cpus: '0' },
    kept: { what: 'affinity', of: worker.identity, ours: '0', original: '0-1' },
  },
  {
    kind: 'cgroup.limit',
    parameters: { unit: 'shop.service', pids: 7 },
    kept: { what: 'cgroup-pids', of: 'shop.service', ours: '7', original: 'max' },
  },
  {
    kind: 'cgroup.freeze',
    parameters: { cgroup: '/system.slice/shop.service' },
    kept: { what: 'cgroup-frozen', of: '/system.slice/shop.service', ours: 'frozen', original: 'thawed' },
  },
  {
    kind: 'cgroup.limit',
    parameters: { unit: 'shop.service', cpu: '20%' },
    kept: { what: 'cgroup-cpu', of: 'shop.service', ours: '20000 100000', original: 'max 100000' },
  },
  {
    kind: 'cgroup.limit',
    parameters: { cgroup: '/system.slice/shop.service', memory: '64MiB' },
    kept: { what: 'cgroup-memory', of: '/system.slice/shop.service', ours: '67108864', original: 'max' },
  },
  {
    kind: 'cgroup.limit',
    parameters: { unit: 'shop.service', io: '1MiB', device: '8:0' },
    kept: { what: 'cgroup-io', of: 'shop.service 8:0', ours: '1048576 1048576', original: 'max max' },
  },
  {
    kind: 'service.stop',
    parameters: { unit: 'shop.service' },
    kept: { what: 'service-active', of: 'shop.service', ours: 'inactive', original: 'active' },
  },
  {
    kind: 'service.mask',
    parameters: { unit: 'shop.service' },
    kept: { what: 'service-masked', of: 'shop.service', ours: 'masked', original: 'unmasked' },
  },
  {
    kind: 'service.restart',
    parameters: { unit: 'shop.service' },
    kept: {
      what: 'service-invocation',
      of: 'shop.service',
      ours: 'restarted',
      original: '0123456789abcdef0123456789abcdef',
    },
  },
  {
    kind: 'network.delay',
    parameters: { interface: 'eth0', delay: '100ms' },
    kept: { what: 'queueing', of: 'eth0', ours: 'delay 100000us spare 22', original: 'default' },
  },
  /** This one is never moved back: there is no way to. */
  {
    kind: 'host.reboot',
    parameters: { delay: '1s' },
    kept: { what: 'host-state', of: 'host', ours: 'rebooting', original: 'running' },
  },
];

/** Put in the place of any value. */
const morsels: readonly Json[] = [
  '$(touch /tmp/leash-was-here)',
  '; reboot',
  '--force',
  '-p',
  '/etc/shadow',
  '../../../etc/passwd',
  '/system.slice/../../../etc',
  'shop.service/../../ssh.service',
  'ssh.service',
  'ssh.service 8:0',
  '/',
  '',
  '\0',
  'x'.repeat(5000),
  'active\nExecStart=/bin/sh',
  'rebooting',
  'running',
  'host-state',
  'host',
  'host.reboot',
  'max 100000\nmax',
  '-20',
  '19',
  '0-99999',
  '0x1',
  -1,
  0,
  1,
  1.5,
  2 ** 53,
  Number.MAX_VALUE,
  true,
  null,
  [],
  {},
  [['put-back', 'nice', 0, '9', '-20', 0, []]],
  { toString: 'x' },
];

export interface JournalFuzz {
  readonly records: number;
  /** How many a replay took for what it may move back. */
  readonly movedBack: number;
  readonly wrong: readonly string[];
}

/** @param directory empty; it is used anew for each journal. */
export async function fuzzJournal(directory: string, seed: number, journals: number): Promise<JournalFuzz> {
  const random = createRandom(seed);
  const wrong: string[] = [];
  let movedBack = 0;
  for (let round = 0; round < journals; round += 1) {
    await writeJournal(directory, random);
    const found = await openJournal(directory);
    try {
      const guard = createPutBackGuard(fuzzPolicy, table);
      await replayJournal(
        found,
        bootId,
        ({ pid, startTimeTicks }) =>
          table.processes.get(pid)?.identity.startTimeTicks === startTimeTicks ? 'continued' : 'gone',
        async () => ({ outcome: 'unknown', seen: 'this host lists no change' }),
        async (kept, record) => {
          if (guard(kept, record) !== undefined) return { outcome: 'unknown', seen: 'refused' };
          movedBack += 1;
          const problem = objection(kept);
          if (problem) wrong.push(`seed ${seed}, journal ${round}: ${problem}: ${JSON.stringify(kept).slice(0, 500)}`);
          return { outcome: 'restored', seen: 'moved back' };
        },
      );
    } catch (error) {
      wrong.push(`seed ${seed}, journal ${round}: the replay ended with ${error}`);
    } finally {
      await found.close();
    }
  }
  return { records: journals * slots, movedBack, wrong };
}

/** By another rule than the guard's: what the host could lose by it. */
function objection({ what, of, original }: KeptSetting): string | undefined {
  if (what === 'host-state') return 'the host would be booted again';
  if (typeof of !== 'string') {
    const isOurs = of.pid === worker.identity.pid || of.pid === stranger.identity.pid;
    if (!isOurs && table.processes.has(of.pid)) return 'a protected process would be touched';
    return /^(-?\d{1,2}|[\d,-]+)$/.test(original) ? undefined : 'a foreign value would be set';
  }
  const { cgroups, services, interfaces } = fuzzPolicy;
  const isListed = [...cgroups.allow, ...services.allow, ...interfaces.allow].some(
    (name) => of === name || /^\d+:\d+$/.test(of.slice(name.length + 1)),
  );
  if (!isListed) return 'what no policy lists would be touched';
  return /^[a-z0-9]+( [a-z0-9]+)?$/.test(original) ? undefined : 'a foreign value would be set';
}

async function writeJournal(directory: string, random: Random): Promise<void> {
  // Made by the journal itself, so that it has its size.
  await (await openJournal(directory)).close();
  const file = await open(join(directory, 'journal'), 'r+');
  try {
    for (let slot = 0; slot < slots; slot += 1) {
      const overwrite = async (position: number, bytes: Uint8Array): Promise<void> =>
        void (await file.write(bytes, 0, bytes.length, position));
      const payload = payloadOf(random, slot);
      await writeSlot({ overwrite }, slot, { sequence: 1 + Math.floor(random() * 1000), payload });
      const kind = random();
      // Torn in one copy, in both, or no slot at all.
      if (kind < 0.1) await overwrite(slot * slotBytes + Math.floor(random() * slotBytes), randomBytes(16));
      else if (kind < 0.15) await overwrite(slot * slotBytes, randomBytes(slotBytes));
    }
  } finally {
    await file.close();
  }
}

function payloadOf(random: Random, slot: number): Buffer {
  const { kind, parameters, kept } = pick(random, honest);
  const facts = {
    faultId: `fault-${slot}`,
    idempotencyKey: `key-${slot}`,
    requestDigest: '',
    runId: '',
    experiment: '',
    kind,
    parameters,
    binding: 'journal' as const,
    holdsByPtrace: false,
    targets: typeof kept.of === 'string' ? [] : [worker.identity],
    targetsDigest: '',
    injectedBy: '',
    injectedAtUnixMs: 0,
  };
  const whole = { bootId, exceptions: [], sinceTicks: 0, ...kept } as KeptSetting;
  const lease = { expiresAtBootMs: 1, hardDeadlineBootMs: 1 };
  const bytes = recordToBytes({ facts, lease, undo: [{ type: 'put-back', kept: whole }], state: 'touched' });
  const document = JSON.parse(bytes.toString()) as Json;
  let changed = document;
  for (let times = Math.floor(random() * 4); times > 0; times -= 1) changed = spoilt(changed, random);
  // What would not fit is cut, as a torn write would.
  return Buffer.from(JSON.stringify(changed)).subarray(0, 4000);
}

/** Another value at one place of the document, wherever that is. */
function spoilt(value: Json, random: Random): Json {
  if (typeof value !== 'object' || value === null || random() < 0.08) return pick(random, morsels);
  const keys = Object.keys(value);
  const key = pick(random, keys.length === 0 ? ['0'] : keys);
  if (Array.isArray(value)) return value.map((each, index) => (String(index) === key ? spoilt(each, random) : each));
  if (random() < 0.05) return { ...value, [key]: (value as JsonObject)[key] ?? null, ['__proto__']: { version: 1 } };
  return { ...value, [key]: spoilt((value as JsonObject)[key] ?? null, random) };
}

function pick<Value>(random: Random, from: readonly Value[]): Value {
  return from[Math.floor(random() * from.length)] as Value;
}
