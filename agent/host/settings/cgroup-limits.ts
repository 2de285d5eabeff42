/**
 * Limits of a cgroup, in both versions: read and written in the words of version 2 (Documentation/admin-guide/cgroup-v2.rst
 * of the kernel, and cgroup-v1/), so that a record is the same whichever the host has.
 */
import { closeSync, constants, openSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isCgroupName } from '../../core/cgroup-name.ts';
import type { HostPolicy } from '../../core/policy.ts';
import { type CgroupFolder, findCgroupFolder, processesIn } from '../cgroup-folder.ts';
import { hasCode } from '../native/system-call.ts';
import { unlessGone } from '../read-stat.ts';
import { type ValueSetting, valueSetting } from './value-setting.ts';

const fileSystemTypes: readonly number[] = [0x27e0eb, 0x63677270];

type Limit = Pick<ValueSetting, 'what' | 'isValue' | 'isInEffect' | 'wayBack'> & {
  readonly controller: string;
  /** One that tells whether the cgroup has it. */
  readonly file: Readonly<Record<1 | 2, string>>;
  read(place: CgroupFolder, device: string | undefined): string | undefined;
  write(place: CgroupFolder, value: string, device: string | undefined): void;
  isHalfWay?(value: string, kept: { readonly ours: string; readonly original: string }, version: 1 | 2): boolean;
  objection?(place: CgroupFolder, ours: string): string | undefined;
  warning?(name: string, place: CgroupFolder): string | undefined;
};

function cgroupSetting(limit: Limit, takesDevice = false) {
  const { controller, file, read, write, isHalfWay, objection, warning, ...rest } = limit;
  const partsOf = (name: string) => {
    const [cgroup = '', device] = name.split(' ');
    return { cgroup, device };
  };
  const find = (name: string) => findCgroupFolder(partsOf(name).cgroup, controller, file);
  return valueSetting({
    ...rest,
    isByProgram: false,
    isName(name) {
      const { cgroup, device } = partsOf(name);
      const isWhole = takesDevice ? /^\S+ \d{1,4}:\d{1,8}$/.test(name) : device === undefined;
      return isWhole && isCgroupName(cgroup);
    },
    refusal: (of, policy) => cgroupRefusal(partsOf(String(of)).cgroup, policy),
    members: (of) => processesIn(partsOf(String(of)).cgroup),
    read(name) {
      const place = find(name);
      return place && unlessGone(() => read(place, partsOf(name).device));
    },
    ...(isHalfWay
      ? {
          isHalfWay(value, kept) {
            const place = find(kept.of);
            return place !== undefined && isHalfWay(value, kept, place.version);
          },
        }
      : {}),
    ...(warning
      ? {
          warning(of) {
            const place = find(String(of));
            return place && warning(String(of), place);
          },
        }
      : {}),
    ...(objection
      ? {
          objection({ of, ours }) {
            const place = find(of);
            return place && objection(place, ours);
          },
        }
      : {}),
    write(name, value) {
      const place = find(name);
      if (place) write(place, value, partsOf(name).device);
    },
  });
}

export const cgroupCpu = cgroupSetting({
  what: 'cgroup-cpu',
  controller: 'cpu',
  file: { 1: 'cpu.cfs_quota_us', 2: 'cpu.max' },
  isValue: (text) => /^(max|[1-9]\d{0,15}) [1-9]\d{0,9}$/.test(text),
  read(place) {
    if (place.version === 2) return valueIn(place, 'cpu.max');
    const quota = valueIn(place, 'cpu.cfs_quota_us');
    return `${quota === '-1' ? 'max' : quota} ${valueIn(place, 'cpu.cfs_period_us')}`;
  },
  write(place, value) {
    if (place.version === 2) return writeValue(place, 'cpu.max', value);
    const [quota = '', period = ''] = value.split(' ');
    if (valueIn(place, 'cpu.cfs_period_us') !== period) {
      // Without a quota between the two: each alone could be more than the parent allows.
      writeValue(place, 'cpu.cfs_quota_us', '-1');
      writeValue(place, 'cpu.cfs_period_us', period);
    }
    writeValue(place, 'cpu.cfs_quota_us', quota === 'max' ? '-1' : quota);
  },
  isHalfWay(value, { ours, original }, version) {
    const [period, other] = [ours, original].map((each) => each.split(' ')[1]);
    return version === 1 && period !== other && (value === `max ${period}` || value === `max ${other}`);
  },
});

/** What version 1 says of a cgroup without a limit: the largest number of whole pages. */
const noLimit = /^92233720368547\d{5}$/;

export const cgroupMemory = cgroupSetting({
  what: 'cgroup-memory',
  controller: 'memory',
  file: { 1: 'memory.limit_in_bytes', 2: 'memory.max' },
  isValue: isNumberOrMax,
  read(place) {
    const value = valueIn(place, place.version === 2 ? 'memory.max' : 'memory.limit_in_bytes');
    return place.version === 1 && noLimit.test(value) ? 'max' : value;
  },
  objection(place, ours) {
    const used = Number(valueIn(place, place.version === 2 ? 'memory.current' : 'memory.usage_in_bytes'));
    if (used < Number(ours)) return undefined;
    return `${used} bytes are in use there, at least as many as the limit of ${ours}: the kernel would end processes for it`;
  },
  write(place, value) {
    if (place.version === 2) writeValue(place, 'memory.max', value);
    else writeValue(place, 'memory.limit_in_bytes', value === 'max' ? '-1' : value);
  },
});

export const cgroupPids = cgroupSetting({
  what: 'cgroup-pids',
  controller: 'pids',
  file: { 1: 'pids.max', 2: 'pids.max' },
  isValue: isNumberOrMax,
  read: (place) => valueIn(place, 'pids.max'),
  write: (place, value) => writeValue(place, 'pids.max', value),
});

/** Bytes per second that are read and written, of one device: "1048576 max". */
export const cgroupIo = cgroupSetting(
  {
    what: 'cgroup-io',
    controller: 'blkio',
    file: { 1: 'blkio.throttle.read_bps_device', 2: 'io.max' },
    isValue: (text) => /^(max|[1-9]\d{0,15}) (max|[1-9]\d{0,15})$/.test(text),
    read(place, device = '') {
      if (place.version === 1) {
        const read = deviceLine(place, 'blkio.throttle.read_bps_device', device) ?? 'max';
        return `${read} ${deviceLine(place, 'blkio.throttle.write_bps_device', device) ?? 'max'}`;
      }
      const line = deviceLine(place, 'io.max', device) ?? '';
      const part = (key: string): string => new RegExp(`\\b${key}=(\\S+)`).exec(line)?.[1] ?? 'max';
      return `${part('rbps')} ${part('wbps')}`;
    },
    write(place, value, device = '') {
      const [read = '', write = ''] = value.split(' ');
      if (place.version === 2) return writeValue(place, 'io.max', `${device} rbps=${read} wbps=${write}`);
      // 0 takes a rule away.
      writeValue(place, 'blkio.throttle.read_bps_device', `${device} ${read === 'max' ? 0 : read}`);
      writeValue(place, 'blkio.throttle.write_bps_device', `${device} ${write === 'max' ? 0 : write}`);
    },
    // Two files in version 1. Somebody else may have set one of the two meanwhile: the other one is ours still.
    isHalfWay: (value, kept) => partsWayBack(value, kept) !== value,
    wayBack: partsWayBack,
  },
  true,
);

export const cgroupFrozen = cgroupSetting({
  what: 'cgroup-frozen',
  controller: 'freezer',
  file: { 1: 'freezer.state', 2: 'cgroup.freeze' },
  isValue: (text) => /^(thawed|frozen)$/.test(text),
  read(place) {
    if (place.version === 2) return valueIn(place, 'cgroup.freeze') === '1' ? 'frozen' : 'thawed';
    return valueIn(place, 'freezer.state') === 'THAWED' ? 'thawed' : 'frozen';
  },
  warning: (name, { version }) =>
    version === 2
      ? undefined
      : `${name} is frozen by version 1 of cgroups: what is in it cannot even be killed until it is thawed`,
  isInEffect(name) {
    const place = findCgroupFolder(name, 'freezer', { 1: 'freezer.state', 2: 'cgroup.freeze' });
    if (place?.version === 2) return /^frozen 1$/m.test(valueIn(place, 'cgroup.events'));
    return place !== undefined && valueIn(place, 'freezer.state') === 'FROZEN';
  },
  write(place, value) {
    const isFrozen = value === 'frozen';
    if (place.version === 2) writeValue(place, 'cgroup.freeze', isFrozen ? '1' : '0');
    else writeValue(place, 'freezer.state', isFrozen ? 'FROZEN' : 'THAWED');
  },
});

/** Word by word: what is ours becomes the original, and nothing else does. */
function partsWayBack(value: string, { ours, original }: { readonly ours: string; readonly original: string }): string {
  const [our, first] = [ours.split(' '), original.split(' ')];
  return value
    .split(' ')
    .map((part, index) => (part === our[index] ? (first[index] ?? part) : part))
    .join(' ');
}

function cgroupRefusal(name: string, { cgroups }: HostPolicy): string | undefined {
  if (cgroups.allow.includes(name)) return undefined;
  return `${name} is not among cgroups.allow of this host (${cgroups.allow.join(', ') || 'none'})`;
}

function isNumberOrMax(text: string): boolean {
  return /^(max|0|[1-9]\d{0,18})$/.test(text);
}

function valueIn({ folder }: CgroupFolder, file: string): string {
  return readFileSync(join(folder, file), 'latin1').trim();
}

/** What follows the device's number on its line. */
function deviceLine(place: CgroupFolder, file: string, device: string): string | undefined {
  return valueIn(place, file)
    .split('\n')
    .find((line) => line.startsWith(`${device} `))
    ?.slice(device.length + 1);
}

/** Only into a file of the kernel's own, and through no link. @throws Error EINVAL, EBUSY, EACCES, ELOOP. */
function writeValue({ folder }: CgroupFolder, file: string, value: string): void {
  if (!fileSystemTypes.includes(statfsSync(folder).type)) throw new Error(`${folder} is no cgroup`);
  const descriptor = openSync(join(folder, file), constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    writeSync(descriptor, value);
  } catch (error) {
    // The cgroup went while its file was open.
    if (!hasCode(error, 'ENODEV')) throw error;
  } finally {
    closeSync(descriptor);
  }
}
