import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProcessFacts } from '../../../../agent/core/process.ts';
import { readControlPath } from '../../../../agent/host/control-path.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';
import { processOf } from '../processes.ts';

let directory: TestDirectory;
beforeEach(() => {
  directory = makeTestDirectory();
});
afterEach(() => directory.remove());

const portsOf = (options: { agentPorts?: number[]; processes?: ProcessFacts[]; procRoot?: string } = {}) =>
  readControlPath({
    agentPorts: [],
    processes: [],
    procRoot: directory.path,
    sshdConfigPath: join(directory.path, 'sshd_config'),
    ...options,
  }).localPorts;

test('port 22 is spared on a host about which nothing else is known', () => {
  expect(portsOf()).toEqual([22]);
});

test('the ports of the agent are spared', () => {
  expect(portsOf({ agentPorts: [7443] })).toEqual([22, 7443]);
});

test('the ports of the configuration of sshd are spared, with those of the files beside it', () => {
  writeFileSync(
    join(directory.path, 'sshd_config'),
    '# Port 1\n  port 2222\nPort=2223\nListenAddress 0.0.0.0:2224\nListenAddress [::]:2225\nListenAddress ::1\nPort 70000\nPortX 9\n',
  );
  mkdirSync(join(directory.path, 'sshd_config.d'));
  writeFileSync(join(directory.path, 'sshd_config.d', '50-more.conf'), 'Port 2226\n');
  expect(portsOf()).toEqual([22, 2222, 2223, 2224, 2225, 2226]);
});

test('the ports that sshd was told on its command line are spared', () => {
  const cmdline = ['/usr/sbin/sshd', '-D', '-p', '2022', '-oPort=2023', '-p2024'];
  expect(portsOf({ processes: [processOf(10, { name: 'sshd', uid: 0, cmdline })] })).toEqual([22, 2022, 2023, 2024]);
  expect(portsOf({ processes: [processOf(10, { name: 'ssh', uid: 0, exe: '/usr/bin/ssh', cmdline })] })).toEqual([22]);
});

test('a program of another user is not spared because it calls itself sshd', () => {
  const cmdline = ['sshd', '-p', '80'];
  expect(
    portsOf({ processes: [processOf(10, { name: 'sshd', uid: 1000, exe: '/home/mallory/sshd', cmdline })] }),
  ).toEqual([22]);
});

test('the ports of the sockets of sshd are spared, where they may be seen', () => {
  const sshd = processOf(10, { name: 'sshd-session', uid: 0 });
  const folder = join(directory.path, String(sshd.identity.pid), 'fd');
  mkdirSync(folder, { recursive: true });
  symlinkSync('socket:[777]', join(folder, '4'));
  symlinkSync('/dev/null', join(folder, '0'));
  mkdirSync(join(directory.path, 'net'));
  const line = (address: string, inode: number) =>
    `   0: ${address} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0\n`;
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  writeFileSync(join(directory.path, 'net', 'tcp'), head + line('00000000:0BB8', 777) + line('00000000:0FA0', 778));
  expect(portsOf({ processes: [sshd] })).toEqual([22, 3000]);
});
