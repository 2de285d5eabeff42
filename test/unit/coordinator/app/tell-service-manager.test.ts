import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tellServiceManager } from '../../../../coordinator/app/tell-service-manager.ts';

describe('the watchdog of the coordinator', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('is fed while the engine beats, and not while only the event loop turns', () => {
    const said: string[] = [];
    let nowMs = 0;
    let lastBeatAtMs = 0;
    let isHalted = false;
    const engine = { lastBeatAtMs: () => lastBeatAtMs, latch: () => ({ isHalted }) as never };
    const manager = { notify: (state: string) => void said.push(state), watchdogEveryMs: 5000 };
    const stop = tellServiceManager(engine, () => nowMs, manager);
    expect(said).toEqual(['READY=1\nSTATUS=armed']);
    nowMs = 5000;
    lastBeatAtMs = 3000;
    isHalted = true;
    vi.advanceTimersByTime(5000);
    expect(said.at(-1)).toBe('WATCHDOG=1\nSTATUS=halted');
    nowMs = 15_000;
    vi.advanceTimersByTime(10_000);
    expect(said.filter((state) => state.startsWith('WATCHDOG=1'))).toHaveLength(1);
    stop();
    vi.advanceTimersByTime(60_000);
    expect(said.at(-1)).toBe('STOPPING=1');
  });
});
