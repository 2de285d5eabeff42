import { describe, expect, test } from 'vitest';
import { type BoundFault, chooseBinding, type HostAbilities } from '../../../../agent/core/binding.ts';

const pause: BoundFault = {
  kind: 'process.pause',
  bindings: ['kernel', 'journal'],
  needs: [
    { kind: 'capability', name: 'CAP_SYS_PTRACE', bindings: ['kernel'], remedy: 'grant CAP_SYS_PTRACE' },
    { kind: 'capability', name: 'CAP_KILL', bindings: ['journal'], remedy: 'grant CAP_KILL' },
    { kind: 'kernel', name: 'pidfd', bindings: ['kernel', 'journal'], remedy: 'run Linux 5.3 or later' },
  ],
};

const host: HostAbilities = {
  uid: 997,
  capabilities: new Set(['CAP_SYS_PTRACE', 'CAP_KILL']),
  yamaScope: 1,
  hasSupervisor: true,
  missing: () => undefined,
};

describe('a fault', () => {
  test('is bound by the kernel where the capability is held', () => {
    expect(chooseBinding(pause, host, [0])).toMatchObject({
      kind: 'bound',
      binding: 'kernel',
      reason: 'CAP_SYS_PTRACE held',
    });
  });

  test('is bound by the kernel without the capability for its own user, where Yama allows it', () => {
    const plain = { ...host, capabilities: new Set<string>(), yamaScope: 0 };
    expect(chooseBinding(pause, plain, [997])).toMatchObject({ binding: 'kernel' });
    expect(chooseBinding(pause, plain, [997, 0])).toMatchObject({
      kind: 'unavailable',
      reason:
        'process.pause is not available here: the targets have another user and CAP_SYS_PTRACE is missing; CAP_KILL is missing (grant CAP_SYS_PTRACE; grant CAP_KILL)',
    });
  });

  test('falls back to the journal where ptrace is forbidden, and says why', () => {
    const plain = { ...host, capabilities: new Set<string>() };
    expect(chooseBinding(pause, plain)).toMatchObject({
      binding: 'journal',
      reason: 'Yama ptrace_scope is 1 and CAP_SYS_PTRACE is missing',
    });
    expect(chooseBinding(pause, { ...host, yamaScope: 3 })).toMatchObject({
      binding: 'journal',
      reason: 'Yama ptrace_scope is 3',
    });
  });

  test('is unavailable where a need of every binding is not met', () => {
    const old = { ...host, missing: () => 'pidfd needs Linux 5.3, this is 4.19' };
    expect(chooseBinding(pause, old)).toMatchObject({
      kind: 'unavailable',
      reason: 'process.pause is not available here: pidfd needs Linux 5.3, this is 4.19 (run Linux 5.3 or later)',
    });
  });

  test('is unavailable by name without native calls', () => {
    const choice = chooseBinding(pause, { ...host, nativeCallsMissing: 'cannot find koffi' });
    expect(choice).toMatchObject({ kind: 'unavailable', reason: expect.stringMatching(/process\.pause .*koffi/) });
    expect(choice.needs).toHaveLength(3);
  });
});
