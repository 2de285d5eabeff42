/** Every fault that the journal binds and that a booted host can have, and how each is seen. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Wanted } from '../../rig/inject.ts';
import { type Controller, cgroup, hasController, type JournalScene, unit } from './journal-scene.ts';

export interface JournalFault {
  readonly name: string;
  readonly wanted: Wanted;
  /** Before each trial: what somebody else sets up. */
  prepare?(scene: JournalScene): Promise<void>;
  isInForce(scene: JournalScene): Promise<boolean>;
  /** Everything that must be as before, byte for byte. */
  reading(scene: JournalScene): Promise<string>;
}

const mebibyte = 2 ** 20;
/** The number of the whole disk that files of tests are on: limits are of those, and not of their parts. */
export const disk = diskOf(tmpdir());

function diskOf(path: string): string | undefined {
  const { dev } = statSync(path);
  const number = `${dev >> 8}:${dev & 255}`;
  return readdirSync('/sys/block').some((name) => readFileSync(`/sys/block/${name}/dev`, 'latin1').trim() === number)
    ? number
    : undefined;
}

/** Field 19 (proc_pid_stat(5)), of what follows the name. */
function niceIn(folder: string): string | undefined {
  const text = readFileSync(`${folder}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19 - 3];
}

function cpusIn(folder: string): string | undefined {
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`${folder}/status`, 'latin1'))?.[1];
}

async function haveAll(
  scene: JournalScene,
  read: (folder: string) => string | undefined,
  value: string,
): Promise<boolean> {
  return (await scene.threads(read)).split('\n').every((line) => line.endsWith(` ${value}`));
}

function unitState({ host }: JournalScene): Promise<string> {
  return host.must('systemctl', 'show', '--property=ActiveState,UnitFileState,LoadState', unit);
}

function limit(
  controller: Controller,
  parameters: Wanted['parameters'],
  files: Readonly<Record<string, string>>,
): readonly JournalFault[] {
  if (!hasController(controller)) return [];
  const values = (scene: JournalScene) => Object.keys(files).map((file) => scene.textOf(controller, file));
  return [
    {
      name: `cgroup.limit of ${controller}`,
      wanted: { kind: 'cgroup.limit', parameters: { cgroup, ...parameters } },
      isInForce: async (scene) => values(scene).join('|') === Object.values(files).join('|'),
      reading: async (scene) => values(scene).join('|'),
    },
  ];
}

export const journalFaults: readonly JournalFault[] = [
  {
    name: 'process.renice',
    wanted: { kind: 'process.renice', parameters: { nice: 11 }, selector: { name: 'redis-server' } },
    isInForce: (scene) => haveAll(scene, niceIn, '11'),
    reading: (scene) => scene.threads(niceIn),
  },
  {
    name: 'process.affinity',
    wanted: { kind: 'process.affinity', parameters: { cpus: '0' }, selector: { name: 'redis-server' } },
    isInForce: (scene) => haveAll(scene, cpusIn, '0'),
    reading: (scene) => scene.threads(cpusIn),
  },
  {
    name: 'service.stop',
    wanted: { kind: 'service.stop', parameters: { unit } },
    isInForce: async ({ stateOf }) => (await stateOf(unit)) === 'inactive',
    reading: unitState,
  },
  {
    name: 'service.mask',
    wanted: { kind: 'service.mask', parameters: { unit } },
    isInForce: async ({ stateOf, host }) =>
      (await stateOf(unit)) === 'inactive' && (await host.run('systemctl', 'start', unit)).code !== 0,
    reading: unitState,
  },
  ...(hasController('freezer')
    ? [
        {
          name: 'cgroup.freeze',
          wanted: { kind: 'cgroup.freeze', parameters: { cgroup } },
          prepare: async ({ enter, host }: JournalScene) => enter('freezer', await host.mainPid(unit)),
          isInForce: async ({ ping }: JournalScene) => (await ping()) === 'silent',
          async reading({ ping, textOf }: JournalScene) {
            const state = textOf('freezer', 'freezer.state');
            // What is frozen is not waited for.
            return state === 'THAWED\n' ? `${state}${await ping()}` : state;
          },
        },
      ]
    : []),
  ...limit('pids', { pids: 7 }, { 'pids.max': '7\n' }),
  ...limit('memory', { memory: '64MiB' }, { 'memory.limit_in_bytes': `${64 * mebibyte}\n` }),
  ...limit('cpu', { cpu: '30%' }, { 'cpu.cfs_quota_us': '30000\n', 'cpu.cfs_period_us': '100000\n' }),
  ...(disk === undefined
    ? []
    : limit(
        'blkio',
        { io: '1MiB', device: disk },
        {
          'blkio.throttle.read_bps_device': `${disk} ${mebibyte}\n`,
          'blkio.throttle.write_bps_device': `${disk} ${mebibyte}\n`,
        },
      )),
];
