import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ToldParts, tellServiceManager } from '../../../../agent/app/tell-service-manager.ts';

describe('systemd is told', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function tell(changes: Partial<ToldParts> = {}) {
    const said: string[] = [];
    const logged: object[] = [];
    let isHalted = false;
    let turns = 0;
    const manager = { notify: (state: string) => void said.push(state), watchdogEveryMs: 2500 };
    const stop = tellServiceManager(
      {
        engine: {
          dispatch: () => {
            turns += 1;
            return { type: 'nothing' } as never;
          },
          state: () => ({ latch: { isHalted } }) as never,
        },
        stage: () => 'staging',
        problem: () => undefined,
        diskProblem: async () => undefined,
        log: { error: (fields) => void logged.push(fields) },
        ...changes,
      },
      manager,
    );
    const halt = (): void => {
      isHalted = true;
    };
    return { said, logged, stop, turns: () => turns, halt };
  }

  test('that the agent answers, and after each turn of the engine that it lives', async () => {
    const { said, stop, turns } = tell();
    expect(said).toEqual(['READY=1\nSTATUS=armed, stage staging']);
    await vi.advanceTimersByTimeAsync(5000);
    expect([turns(), said.length]).toEqual([2, 3]);
    expect(said.at(-1)).toBe('WATCHDOG=1\nSTATUS=armed, stage staging');
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said.at(-1)).toBe('STOPPING=1');
  });

  test('that the host is halted', async () => {
    const { said, halt } = tell();
    halt();
    await vi.advanceTimersByTimeAsync(2500);
    expect(said.at(-1)).toBe('WATCHDOG=1\nSTATUS=halted, stage staging');
  });

  test('why nothing is injected, in one line', async () => {
    const { said } = tell({ problem: () => 'policy.yaml:1:8: stage: is wrong\npolicy.yaml:2:1: so is this' });
    expect(said).toEqual(['READY=1\nSTATUS=armed, stage staging; mend this first: policy.yaml:1:8: stage: is wrong']);
  });

  test('of a disk that takes no writes, once, and when it takes them again', async () => {
    let problem: string | undefined = 'the disk is full';
    const { said, logged } = tell({ diskProblem: async () => problem });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said.at(-1)).toBe('WATCHDOG=1\nSTATUS=armed, stage staging; mend this first: the disk is full');
    expect(logged).toEqual([{ problem: 'the disk is full' }]);
    problem = undefined;
    await vi.advanceTimersByTimeAsync(2500);
    expect(said.at(-1)).toBe('STATUS=armed, stage staging');
  });

  test('that it lives while the disk does not answer, which is asked once', async () => {
    let asked = 0;
    const { said } = tell({
      diskProblem: () => {
        asked += 1;
        return new Promise(() => undefined);
      },
    });
    await vi.advanceTimersByTimeAsync(25_000);
    expect([asked, said.length]).toEqual([1, 11]);
  });
});
