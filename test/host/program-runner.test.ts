/** Programs that the agent has run for it: what they answer is the whole of it, however busy the machine is. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createProgramRunner } from '../../agent/host/program-runner.ts';
import { distFolder } from '../rig/project.ts';

test('what a program wrote is in its answer, with hundreds of them at once', async () => {
  const runner = createProgramRunner(join(distFolder, 'leash-holder.js'));
  try {
    const ends = await Promise.all(
      Array.from({ length: 300 }, (_each, index) => runner.run('/bin/echo', [String(index)], 30_000)),
    );
    expect(ends.map(({ output }) => output)).toEqual(ends.map((_end, index) => `${index}\n`));
  } finally {
    runner.stop();
  }
});

test('a program that leaves its output open to another is reported in a moment', async () => {
  const runner = createProgramRunner(join(distFolder, 'leash-holder.js'));
  try {
    const { code, output } = await runner.run('/bin/sh', ['-c', 'sleep 5 & echo done'], 30_000);
    expect([code, output]).toEqual([0, 'done\n']);
  } finally {
    runner.stop();
  }
});
