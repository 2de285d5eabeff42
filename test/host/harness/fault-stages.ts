/** How each kernel-bound fault is staged, and who else sees it. One row each; `fault-matrix.test.ts` says what is proved of it. */
import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { listPids } from '../../../agent/host/process-identity.ts';
import { createProcessReader } from '../../../agent/host/process-table.ts';
import { askTcp, askUdp, sendUdp } from '../../rig/talk.ts';
import type { TestHolder } from './agent.ts';
import { percentOf, scheduledMs, slowSharePercent, twice, witnessPause, witnessSlowness } from './process-stages.ts';
import type { MatrixRow, StagedFault } from './staged-fault.ts';
import { makeLimitedCgroup, makeStressDirectory, mountSmallFileSystem } from './stress-place.ts';
import { host } from './victim.ts';

const mebibyte = 2 ** 20;
export const portOpen = 8080;
export const portDns = 53;
/** The address of the peer, which answers on these ports. */
const peer = '10.77.0.2';
/** Told from every other process by how long it sleeps. */
const napSeconds = `8${process.pid}`;

export const processRows: readonly MatrixRow[] = [
  {
    kind: 'process.pause',
    async stage() {
      const witness = await witnessPause();
      return { ...witness, request: { kind: 'process.pause', targets: [witness.identity] } };
    },
  },
  {
    kind: 'process.slow',
    async stage() {
      const witness = await witnessSlowness();
      const parameters = { share: slowSharePercent, period: 10 };
      return { ...witness, request: { kind: 'process.slow', parameters, targets: [witness.identity] } };
    },
  },
];

export const stressRows: readonly MatrixRow[] = [
  {
    kind: 'stress.cpu',
    stage: () => ({
      request: { kind: 'stress.cpu', parameters: { cores: 1, load: 50 } },
      isInForce: async (holder) => (await percentOf(200, () => threadsScheduledMs(holder))) > 40,
      isOver: isGone,
    }),
  },
  {
    kind: 'stress.memory',
    stage: () => ({
      request: { kind: 'stress.memory', parameters: { size: 128 * mebibyte, leaveFree: 64 * mebibyte } },
      isInForce: (holder) => Number(/^VmRSS:\s+(\d+)/m.exec(procFile(holder, 'status'))?.[1]) * 1024 > 128 * mebibyte,
      isOver: isGone,
    }),
  },
  {
    kind: 'stress.io',
    stage(user) {
      const path = makeStressDirectory(user);
      const moved = (holder: TestHolder): number =>
        [...procFile(holder, 'io').matchAll(/^[rw]char: (\d+)$/gm)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
      return {
        request: {
          kind: 'stress.io',
          parameters: { path, workers: 2, rate: 4 * mebibyte, reads: 50, size: 4 * mebibyte, floor: mebibyte },
        },
        async isInForce(holder) {
          const [before, after] = await twice(300, () => moved(holder));
          return after - before > mebibyte / 4;
        },
        isOver: (holder) => isGone(holder) && readdirSync(path).length === 0,
      };
    },
  },
  {
    kind: 'stress.disk',
    stage(user) {
      const path = mountSmallFileSystem(user, 64 * mebibyte);
      const freeBytes = (): number => statfsSync(path).bfree * statfsSync(path).bsize;
      return {
        request: { kind: 'stress.disk', parameters: { path, size: 40 * mebibyte, floor: mebibyte } },
        isInForce: () => freeBytes() === 24 * mebibyte,
        isOver: () => freeBytes() === 64 * mebibyte,
      };
    },
  },
  {
    kind: 'stress.fds',
    stage: () => ({
      request: { kind: 'stress.fds', parameters: { count: 2000, leaveFree: 8192 } },
      isInForce: ({ identity }) => readdirSync(`/proc/${identity.pid}/fd`).length > 2000,
      isOver: isGone,
    }),
  },
];

/** Apart, since it needs a cgroup with a limit of tasks. */
export const tasksRow: MatrixRow = {
  kind: 'stress.pids',
  stage(user) {
    const stressCgroup = makeLimitedCgroup(user, 200);
    const tasks = (): number => Number(readFileSync(join(stressCgroup, 'pids.current'), 'latin1'));
    return {
      request: { kind: 'stress.pids', parameters: { count: 100, leaveFree: 256 }, stressCgroup },
      isInForce: () => tasks() >= 100,
      isOver: () => tasks() === 0,
    };
  },
};

const allTraffic = { direction: 'both', protocol: 'any', loopback: false };

export const networkRows: readonly MatrixRow[] = [
  traffic('network.cut', { ...allTraffic, verdict: 'drop' }, {}),
  traffic('network.loss', { ...allTraffic, loss: 100 }, { loss: '100%' }),
  {
    kind: 'network.rate',
    isBeyondUnit: 'CAP_NET_ADMIN',
    parameters: { perSecond: '1KiB' },
    stage() {
      // All together fit the buffers of a peer that sleeps, and not what passes at once.
      const packets = Array.from({ length: 80 }, () => Buffer.alloc(1400));
      const receivedPercent = async () => (100 * (await sendUdp(peer, portOpen, packets, 200))) / packets.length;
      return {
        request: {
          kind: 'network.rate',
          parameters: { ...allTraffic, direction: 'out', perSecond: 1024 },
          briefing: { controlPath: { localPorts: [22] } },
        },
        // 64 KiB at once, and then 1 KiB a second.
        isInForce: async () => (await receivedPercent()) < 75,
        isOver: async () => (await receivedPercent()) > 90,
      };
    },
  },
  {
    kind: 'dns.block',
    isBeyondUnit: 'CAP_NET_ADMIN',
    parameters: {},
    stage: () => ({
      request: {
        kind: 'dns.block',
        parameters: { verdict: 'drop', loopback: false },
        briefing: { controlPath: { localPorts: [22] } },
      },
      isInForce: async () => (await askQuery()) === 'silent' && (await askTcp(peer, portOpen, 1000)) === 'answered',
      isOver: async () => (await askQuery()) === 'answered',
    }),
  },
];

export const programRow: MatrixRow = {
  kind: 'custom.run',
  isBeyondUnit: 'CAP_SYS_ADMIN',
  parameters: { program: 'nap' },
  stage: () => ({
    request: {
      kind: 'custom.run',
      // A daemon, so that it is nobody's child that could end with its parent.
      parameters: { program: 'nap', args: ['--fork', 'sleep', napSeconds] },
      briefing: { programs: [{ name: 'nap', executable: '/usr/bin/setsid' }] },
    },
    isInForce: () => sleepers().length === 1,
    isOver: () => sleepers().length === 0,
  }),
};

function traffic(
  kind: string,
  parameters: Readonly<Record<string, unknown>>,
  written: Readonly<Record<string, string>>,
): MatrixRow {
  const staged: StagedFault = {
    request: { kind, parameters, briefing: { controlPath: { localPorts: [22] } } },
    isInForce: async () => (await askTcp(peer, portOpen)) === 'silent',
    isOver: async () => (await askTcp(peer, portOpen)) === 'answered',
  };
  return { kind, isBeyondUnit: 'CAP_NET_ADMIN', parameters: written, stage: () => staged };
}

function askQuery() {
  const name = Buffer.from('\x07example\x03com\x00', 'latin1');
  const query = Buffer.concat([Buffer.from([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), name, Buffer.from([0, 1, 0, 1])]);
  return askUdp(peer, portDns, query);
}

function threadsScheduledMs({ identity }: TestHolder): number {
  const folder = `/proc/${identity.pid}/task`;
  return readdirSync(folder).reduce((sum, tid) => sum + scheduledMs(`${folder}/${tid}/schedstat`), 0);
}

function procFile({ identity }: TestHolder, name: string): string {
  return readFileSync(`/proc/${identity.pid}/${name}`, 'latin1');
}

function isGone({ identity }: TestHolder): boolean {
  return host.threadCount(identity) === 0;
}

function sleepers(): readonly number[] {
  const reader = createProcessReader();
  return listPids().filter((pid) => {
    const found = reader.readProcess(pid);
    return found && found.state !== 'Z' && found.name === 'sleep' && found.cmdline.includes(napSeconds);
  });
}
