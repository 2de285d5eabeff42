/** Two hosts of their own, joined by one wire: network namespaces that the test made, and that nobody else is in. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { checked, lazily } from '../../agent/host/native/system-call.ts';

const newNetwork = 0x4000_0000;
const setns = lazily('int setns(int fd, int type)');

export interface TestNetwork {
  /** Where the test itself is: its sockets, and the processes that it starts, are on this host. */
  readonly own: { readonly ipv4: string; readonly ipv6: string };
  /** What stands before a command line that is to run on the other host. */
  readonly elsewhere: readonly string[];
  readonly other: { readonly ipv4: string; readonly ipv6: string };
  /** How many UDP datagrams have reached the other host, by the count of its kernel, whether a program took them or not. */
  arrivedDatagrams(): number;
  /** Back to where the test was, and both hosts are gone. */
  leave(): void;
}

/** Needs root. This thread enters the first host. */
export function enterTestNetwork(): TestNetwork {
  const [own, other] = [`leash-test-${process.pid}-a`, `leash-test-${process.pid}-b`];
  const [ownWire, otherWire] = [`lt${process.pid}a`, `lt${process.pid}b`];
  const home = openSync('/proc/thread-self/ns/net', 'r');
  const ip = (...args: readonly string[]): void => void execFileSync('ip', args);
  ip('netns', 'add', own);
  ip('netns', 'add', other);
  ip('link', 'add', ownWire, 'netns', own, 'type', 'veth', 'peer', 'name', otherWire, 'netns', other);
  for (const [name, wire, last] of [
    [own, ownWire, 1],
    [other, otherWire, 2],
  ] as const) {
    ip('-n', name, 'address', 'add', `10.77.0.${last}/24`, 'dev', wire);
    ip('-n', name, 'address', 'add', `fd77::${last}/64`, 'dev', wire, 'nodad');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', wire, 'up');
  }
  enter(openSync(`/run/netns/${own}`, 'r'));
  const elsewhere = ['nsenter', `--net=/run/netns/${other}`, '--'];
  return {
    own: { ipv4: '10.77.0.1', ipv6: 'fd77::1' },
    other: { ipv4: '10.77.0.2', ipv6: 'fd77::2' },
    elsewhere,
    arrivedDatagrams() {
      const [command = '', ...args] = [...elsewhere, 'cat', '/proc/net/snmp'];
      const [names = [], values = []] = execFileSync(command, args, { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.startsWith('Udp:'))
        .map((line) => line.split(' '));
      const count = (name: string): number => Number(values[names.indexOf(name)]);
      return count('InDatagrams') + count('InErrors') + count('NoPorts');
    },
    leave() {
      enter(home);
      ip('netns', 'delete', own);
      ip('netns', 'delete', other);
    },
  };
}

function enter(fd: number): void {
  checked('setns', setns(fd, newNetwork));
  closeSync(fd);
}
