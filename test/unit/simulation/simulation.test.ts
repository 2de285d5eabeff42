import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../rig/project.ts';
import { bundleWorld } from '../../simulation/bundle.ts';
import { failedBefore } from '../../simulation/failed-before.ts';
import { createPool, type Pool } from '../../simulation/pool.ts';
import { drawScenario } from '../../simulation/scenario.ts';

const directory = mkdtempSync(join(tmpdir(), 'leash-simulation-'));
const withinMs = 120_000;
let pool: Pool;

beforeAll(async () => {
  const program = join(directory, 'world.mjs');
  await bundleWorld(projectFolder, program);
  pool = createPool(program, 1);
}, withinMs);

afterAll(async () => {
  await pool.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('a simulated life', () => {
  it('is the same for the same seed, and another one for another', { timeout: withinMs }, async () => {
    const [once, again, other] = [
      await pool.ask({ type: 'scenario', scenario: drawScenario(11) }),
      await pool.ask({ type: 'scenario', scenario: drawScenario(11) }),
      await pool.ask({ type: 'scenario', scenario: drawScenario(12) }),
    ].map((answer) => (answer.type === 'lived' ? answer.digest : ''));
    expect(once).toBe(again);
    expect(once).not.toBe(other);
  });

  it('that broke an invariant once breaks none now', { timeout: withinMs }, async () => {
    for (const scenario of failedBefore) {
      expect(await pool.ask({ type: 'scenario', scenario })).toMatchObject({ failed: [] });
    }
  });

  it('is not made of a change whose text is not there', { timeout: withinMs }, async () => {
    const change = { file: 'agent/core/lease.ts', find: 'no such text', replace: '' };
    const making = bundleWorld(projectFolder, join(directory, 'other.mjs'), [change]);
    await expect(making).rejects.toThrow('must be there once');
  });
});
