/** `leash ps` of the bundle that is shipped: numbers of 64 bits are plain ones in it, also one that nobody set. */
import { expect, it, onTestFinished } from 'vitest';
import { startFleetRig } from '../rig/fleet.ts';
import { startWorker, workerName } from '../rig/workers.ts';

it('finds a process on every host by its name alone, and by how much memory it has', async () => {
  const name = workerName('q');
  const worker = await startWorker(name);
  onTestFinished(() => worker.end());
  const rig = await startFleetRig();
  onTestFinished(() => rig.dispose());
  for (const more of [[], ['memoryAbove=1MiB']]) {
    const found = await rig.leash('ps', `name=${name}`, ...more);
    expect([found.code, found.errors]).toEqual([0, '']);
    expect(found.output.match(new RegExp(`\\b${worker.pid}\\b`, 'g'))).toHaveLength(rig.hosts.length);
  }
  expect((await rig.leash('ps', `name=${name}`, 'memoryAbove=1TiB')).output).not.toContain(name);
});
