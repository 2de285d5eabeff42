import { describe, expect, test } from 'vitest';
import { isInterfaceName, netemText } from '../../../../agent/core/netem.ts';
import { networkCorrupt } from '../../../../agent/faults/network-corrupt.ts';
import { networkDelay } from '../../../../agent/faults/network-delay.ts';
import { batchOf, queueIn } from '../../../../agent/host/settings/queueing.ts';

describe('a queue of ours', () => {
  const briefing = { controlPath: { localPorts: [22, 7443] } };
  const [wanted] = networkDelay.sets?.({ interface: 'eth0', delay: 100, jitter: 2.5 }, [], briefing) ?? [];

  test('holds packets up only after the control path is spared', () => {
    expect(wanted?.ours).toBe('delay 100000us 2500us spare 22,7443');
    const lines = batchOf('eth0', wanted?.ours ?? '')
      .trim()
      .split('\n');
    expect(lines[0]).toBe('qdisc add dev eth0 root handle 1ea5: prio bands 3 priomap 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2');
    expect(lines.slice(1, -1)).toHaveLength(4);
    expect(lines.slice(1, -1).every((line) => line.endsWith('flowid 1ea5:1'))).toBe(true);
    expect(lines.at(-1)).toBe('qdisc add dev eth0 parent 1ea5:3 handle 1ea6: netem delay 100000us 2500us');
  });

  test('has a text that is one of its values, whatever the share', () => {
    for (const share of [0.01, 1, 33.3333333, 100]) {
      const [corrupt] = networkCorrupt.sets?.({ interface: 'eth0', share }, [], briefing) ?? [];
      expect(corrupt?.ours).toMatch(netemText);
    }
    expect('delay 1us 1us spare 22; reboot').not.toMatch(netemText);
    expect('delay 1us 1us').not.toMatch(netemText);
  });
});

test('a queue is told from the one that the kernel gives by itself, and from that of somebody else', () => {
  const root = (kind: string, handle: string) => ({ kind, handle, root: true });
  expect(queueIn(JSON.stringify([root('noqueue', '0:')]))).toBe('default');
  expect(queueIn(JSON.stringify([root('mq', '0:'), { kind: 'fq_codel', handle: '0:', parent: ':1' }]))).toBe('default');
  expect(queueIn(JSON.stringify([root('prio', '1ea5:'), { kind: 'netem', handle: '1ea6:' }]))).toBe('1ea5:');
  expect(queueIn(JSON.stringify([root('htb', '1:')]))).toBe('htb 1:');
});

test('an interface is called by its name, and never as an option', () => {
  expect(['eth0', 'lo', 'veth-1.2', 'br_lan'].every(isInterfaceName)).toBe(true);
  expect(['', '-x', '..', 'a b', 'a/b', 'x'.repeat(16), 'eth0\n'].some(isInterfaceName)).toBe(false);
});
