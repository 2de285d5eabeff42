import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findHelper, readHostAbilities, readPrivileges } from '../../../../agent/host/capabilities.ts';
import { readHostFacts } from '../../../../agent/host/host-facts.ts';
import { readMemory } from '../../../../agent/host/memory.ts';
import { copyProcTree } from './proc-tree.ts';

let tree: ReturnType<typeof copyProcTree>;
beforeAll(() => {
  tree = copyProcTree('debian-12');
});
afterAll(() => tree.remove());

test('an agent in the default unit is read from its own status', () => {
  expect(readPrivileges(tree.root)).toEqual({
    uid: 997,
    capabilities: ['CAP_KILL', 'CAP_SYS_PTRACE'],
    isFiltered: true,
  });
});

describe('the abilities of a host', () => {
  test('know Yama, and a kernel without it', () => {
    expect(readHostAbilities({ procRoot: tree.root }).yamaScope).toBe(1);
    expect(readHostAbilities().yamaScope).toBeLessThanOrEqual(3);
  });

  test('know a supervisor by what systemd puts into the environment', () => {
    expect(readHostAbilities({ environment: {} }).hasSupervisor).toBe(false);
    expect(readHostAbilities({ environment: { NOTIFY_SOCKET: '/run/systemd/notify' } }).hasSupervisor).toBe(true);
    expect(readHostAbilities({ environment: { INVOCATION_ID: '0123' } }).hasSupervisor).toBe(true);
  });

  test('say which need is missing', () => {
    const { missing } = readHostAbilities({ kernelRelease: '5.10.0-28-amd64' });
    const need = (kind: 'kernel' | 'helper' | 'path', name: string) =>
      missing({ kind, name, bindings: [], remedy: '' });
    expect(need('kernel', 'pidfd')).toBeUndefined();
    expect(need('kernel', 'nftables-owner')).toBe('nftables-owner needs Linux 5.12, this is 5.10.0-28-amd64');
    expect(need('kernel', 'Linux 6.1')).toMatch('needs Linux 6.1');
    expect(need('kernel', 'magic')).toBe('whether the kernel has magic is not known');
    expect(need('helper', 'sh')).toBeUndefined();
    expect(need('helper', 'no-such-program')).toBe('the program no-such-program is not installed');
    expect(need('path', '/proc')).toBeUndefined();
    expect(need('path', '/nonexistent')).toBe('/nonexistent is missing');
  });
});

test('a helper is found in the system’s own directories only', () => {
  expect(findHelper('sh')).toMatch(/^\/(usr\/)?bin\/sh$/);
  expect(findHelper('sh', ['/nonexistent'])).toBeUndefined();
});

test('the host is described from files', () => {
  expect(readMemory(tree.root)).toEqual({ totalBytes: 8123456 * 1024, availableBytes: 4062000 * 1024 });
  expect(readHostFacts()).toMatchObject({ kernel: expect.stringMatching(/^Linux \d/), cpus: expect.any(Number) });
});
