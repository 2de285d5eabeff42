import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchdogOf } from '../../../../agent/host/unit-watchdog.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';
import { processOf } from '../processes.ts';

let directory: TestDirectory;
beforeEach(() => {
  directory = makeTestDirectory();
  file('proc/10/environ', 'PATH=/bin\0');
});
afterEach(() => directory.remove());

function file(path: string, text: string): void {
  const whole = join(directory.path, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
}

function watchdog(unit = 'db.service') {
  return watchdogOf(processOf(10, { unit }), {
    procRoot: join(directory.path, 'proc'),
    unitFolders: ['etc', 'usr'].map((folder) => join(directory.path, folder)),
  });
}

const service = (line: string): string => `[Unit]\nDescription=x\n[Service]\n${line}\n`;

test('systemd tells the service itself, in microseconds', () => {
  file('proc/10/environ', 'PATH=/bin\0WATCHDOG_USEC=180000000\0WATCHDOG_PID=10\0');
  expect(watchdog()).toBe(180_000);
});

test('the unit says so where the process has written over its environment', () => {
  file('usr/db.service', service('WatchdogSec=3min 20s'));
  file('proc/10/environ', 'db: checkpointer');
  expect(watchdog()).toBe(200_000);
});

test.each([
  ['20', 20_000],
  ['500ms', 500],
  ['1h', 3_600_000],
  ['0', undefined],
  ['infinity', undefined],
  ['soon', 'unknown'],
])('WatchdogSec=%s', (written, expected) => {
  file('usr/db.service', service(`WatchdogSec=${written}`));
  expect(watchdog()).toBe(expected);
});

test('a unit without one, and one that has it in another section, has none', () => {
  file('usr/db.service', '[Install]\nWatchdogSec=9\n[Service]\n#WatchdogSec=9\nExecStart=/bin/db\n');
  expect(watchdog()).toBeUndefined();
});

test('the unit of the administrator goes before that of the package', () => {
  file('usr/db.service', service('WatchdogSec=9s'));
  file('etc/db.service', service('ExecStart=/bin/db'));
  expect(watchdog()).toBeUndefined();
});

test('drop-ins count in the order of their names, and one that is masked does not', () => {
  file('usr/db.service', service('WatchdogSec=9s'));
  file('usr/db.service.d/10-more.conf', service('WatchdogSec=30s'));
  expect(watchdog()).toBe(30_000);
  file('etc/service.d/20-all.conf', service('WatchdogSec=40s'));
  expect(watchdog()).toBe(40_000);
  file('etc/db.service.d/20-all.conf', service('WatchdogSec=0'));
  expect(watchdog()).toBeUndefined();
  mkdirSync(join(directory.path, 'etc/db.service.d'), { recursive: true });
  symlinkSync('/dev/null', join(directory.path, 'etc/db.service.d/10-more.conf'));
  file('usr/db.service.d/30-last.conf', '');
  expect(watchdog()).toBeUndefined();
});

test('an instance has the watchdog of its template, and a unit that of its prefix', () => {
  file('usr/db@.service', service('WatchdogSec=9s'));
  expect(watchdog('db@main.service')).toBe(9000);
  file('usr/db-main.service', service(''));
  file('etc/db-.service.d/a.conf', service('WatchdogSec=7s'));
  expect(watchdog('db-main.service')).toBe(7000);
});

test('a unit without a file is believed to have none only where its environment is whole', () => {
  expect(watchdog()).toBe('unknown');
  file('proc/10/environ', 'INVOCATION_ID=abc\0PATH=/bin\0');
  expect(watchdog()).toBeUndefined();
});

test('only services have one', () => {
  expect(watchdog('session-3.scope')).toBeUndefined();
  expect(watchdogOf(processOf(10), {})).toBeUndefined();
});
