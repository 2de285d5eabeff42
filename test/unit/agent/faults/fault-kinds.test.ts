import { expect, test } from 'vitest';
import { faultKinds, findFaultKind } from '../../../../agent/faults/index.ts';

test('each fault has a name of its own, and is found by it', () => {
  expect(new Set(faultKinds.map(({ kind }) => kind)).size).toBe(faultKinds.length);
  for (const fault of faultKinds) expect(findFaultKind(fault.kind)).toBe(fault);
  expect(findFaultKind('process.explode')).toBeUndefined();
});

test('what a journal binds has an undo, and what needs consent has none', () => {
  for (const { kind, bindings, undo } of faultKinds) {
    expect([kind, bindings.includes('journal')]).toEqual([kind, undo !== 'none']);
  }
});

test('a fault that holds by ptrace declares what it needs for that', () => {
  for (const { kind, holdsByPtrace, needs } of faultKinds) {
    expect([kind, needs.some(({ name }) => name === 'CAP_SYS_PTRACE')]).toEqual([kind, holdsByPtrace]);
  }
});

test('CPU is asked of the whole host', () => {
  const cpu = findFaultKind('stress.cpu');
  expect(cpu?.magnitude({ cores: 1, load: 50 } as never, { cpus: 4, memoryBytes: 0 })).toEqual({ cpuPercent: 12.5 });
  expect(cpu?.magnitude({ cores: undefined, load: 50 } as never, { cpus: 4, memoryBytes: 0 })).toEqual({
    cpuPercent: 50,
  });
});
