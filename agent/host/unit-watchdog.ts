/**
 * How long a unit's supervisor lets it be silent: WatchdogSec= (systemd.service(5)). systemd tells its services by
 * WATCHDOG_USEC= in their environment (sd_watchdog_enabled(3)). A process may have written over that, so the unit's files
 * are looked at too, with their drop-ins and in the order of systemd.unit(5). No program is started to find out.
 */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessFacts } from '../core/process.ts';

export interface UnitWatchdogOptions {
  readonly procRoot?: string;
  /** Where units are, the first that has one of a name goes before the others. */
  readonly unitFolders?: readonly string[];
}

const unitFoldersDefault = [
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  '/run/systemd/transient',
  '/run/systemd/generator.early',
  '/etc/systemd/system',
  '/etc/systemd/system.attached',
  '/run/systemd/system',
  '/run/systemd/system.attached',
  '/run/systemd/generator',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
  '/run/systemd/generator.late',
];

/** @returns milliseconds, or undefined for a process whose silence nobody minds. */
export function watchdogOf(
  { unit, identity }: Pick<ProcessFacts, 'unit' | 'identity'>,
  { procRoot = '/proc', unitFolders = unitFoldersDefault }: UnitWatchdogOptions = {},
): number | 'unknown' | undefined {
  if (!unit?.endsWith('.service')) return undefined;
  const environment = textOf(join(procRoot, String(identity.pid), 'environ')) ?? '';
  const told = Number(/(?:^|\0)WATCHDOG_USEC=(\d+)(?:\0|$)/.exec(environment)?.[1] ?? 0) / 1000;
  if (told > 0) return told;
  const written = watchdogInFiles(unit, unitFolders);
  if (written !== 'no-unit') return written;
  // Every service is told its invocation: an environment that says that is whole, and would say the other too.
  return /(?:^|\0)INVOCATION_ID=/.test(environment) ? undefined : 'unknown';
}

function watchdogInFiles(unit: string, folders: readonly string[]): number | 'unknown' | 'no-unit' | undefined {
  const names = [unit, templateOf(unit)].filter((name) => name !== undefined);
  const unitFile = firstText(names.flatMap((name) => folders.map((folder) => join(folder, name))));
  if (unitFile === undefined) return 'no-unit';
  const settings = [unitFile, ...dropIns(names, folders)].flatMap(watchdogSettings);
  const last = settings.at(-1);
  return last === undefined ? undefined : timeSpanMs(last);
}

/** "getty@.service" of "getty@tty1.service" */
function templateOf(unit: string): string | undefined {
  const at = unit.indexOf('@');
  return at < 0 ? undefined : `${unit.slice(0, at + 1)}.service`;
}

/** In the order of their own names, whatever folder they are in; of two with one name the first folder's counts. */
function dropIns(names: readonly string[], folders: readonly string[]): readonly string[] {
  const folderNames = [...names, ...names.flatMap(prefixesOf), 'service'].map((name) => `${name}.d`);
  const paths = new Map<string, string>();
  for (const folder of folderNames.flatMap((name) => folders.map((parent) => join(parent, name)))) {
    for (const file of filesIn(folder)) {
      if (file.endsWith('.conf') && !paths.has(file)) paths.set(file, join(folder, file));
    }
  }
  return [...paths].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, path]) => textOf(path) ?? '');
}

/** "app-web-.service" and "app-.service" of "app-web-1.service": the longest first. */
function prefixesOf(unit: string): readonly string[] {
  const stem = unit.slice(0, -'.service'.length);
  return [...stem.matchAll(/-/g)].map(({ index }) => `${stem.slice(0, index + 1)}.service`).reverse();
}

function watchdogSettings(text: string): readonly string[] {
  let section = '';
  return text.split('\n').flatMap((line) => {
    const heading = /^\s*\[(.+)\]\s*$/.exec(line)?.[1];
    if (heading !== undefined) section = heading;
    const value = section === 'Service' ? /^\s*WatchdogSec\s*=\s*(.*?)\s*$/.exec(line)?.[1] : undefined;
    return value === undefined ? [] : [value];
  });
}

const unitsMs: Readonly<Record<string, number>> = {
  us: 0.001,
  usec: 0.001,
  ms: 1,
  msec: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  '': 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

/** "3min 20s" (systemd.time(7)). Nothing, 0 and infinity are none. */
function timeSpanMs(text: string): number | 'unknown' | undefined {
  if (text === '' || text === 'infinity') return undefined;
  const parts = [...text.matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]*)/gy)];
  const isWhole = parts.map(([part]) => part).join('') === text;
  const totalMs = parts.reduce(
    (sum, [, number, unit]) => sum + Number(number) * (unitsMs[unit ?? ''] ?? Number.NaN),
    0,
  );
  if (!isWhole || Number.isNaN(totalMs)) return 'unknown';
  return totalMs === 0 ? undefined : totalMs;
}

function firstText(paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const text = textOf(path);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** A unit or drop-in that is a link to /dev/null is masked, which reads as an empty one. */
function textOf(path: string): string | undefined {
  try {
    return realpathSync(path) === '/dev/null' ? '' : readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
