import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseOptions } from '../../../../agent/app/options.ts';
import { listProcesses } from '../../../../agent/app/ps.ts';

let directory: string;
let written: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'leash-ps-'));
  written = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

async function ps(...words: readonly string[]) {
  const options = parseOptions({ stateDir: directory, runDir: directory, configDir: directory });
  const exitCode = await listProcesses(options, words, true);
  const { processes, refusals } = JSON.parse(written) as {
    processes: readonly { identity: { pid: number }; protectedBy: readonly string[] }[];
    refusals: readonly { reason: string; message: string }[];
  };
  return { exitCode, pids: processes.map(({ identity }) => identity.pid), processes, refusals };
}

describe('leash-agent ps takes the same words as leash ps', () => {
  test('finds this very process by its executable, its parent and its memory, and says that it is protected', async () => {
    const { exitCode, pids, processes } = await ps(
      `exe=${process.execPath}`,
      `parent=${process.ppid}`,
      `allOf.1.pid=${process.pid}`,
      'memoryAbove=1MiB',
    );
    expect(pids).toEqual([process.pid]);
    expect(processes[0]?.protectedBy).not.toEqual([]);
    expect(exitCode).toBe(0);
  });

  test('finds it by a pidfile, and not what is excluded', async () => {
    const pidfile = join(directory, 'own.pid');
    writeFileSync(pidfile, `${process.pid}\n`, { mode: 0o600 });
    expect((await ps(`pidfile=${pidfile}`)).pids).toEqual([process.pid]);
    written = '';
    expect((await ps(`pidfile=${pidfile}`, `exclude.pid=${process.pid}`)).pids).toEqual([]);
  });

  test('says what it cannot answer, lists nothing and exits with 3', async () => {
    const { exitCode, pids, refusals } = await ps(`pidfile=${join(directory, 'nothing.pid')}`);
    expect(pids).toEqual([]);
    expect(refusals[0]?.message).toContain('nothing.pid');
    expect(exitCode).toBe(3);
  });
});
