import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentUnit, defaultCapabilities } from '../../../agent/app/unit.ts';
import { faultKinds } from '../../../agent/faults/index.ts';
import { projectFolder } from '../../rig/project.ts';
import { unlessMissing } from '../../rig/requirement.ts';

const unitPath = join(projectFolder, 'systemd/leash-agent.service');

describe("the agent's unit", () => {
  it('is the one that the faults ask for', () => {
    expect(readFileSync(unitPath, 'utf8')).toBe(agentUnit(faultKinds));
  });

  it('grants no capability that no fault needs', () => {
    const needed = faultKinds.flatMap((kind) => kind.needs.filter((need) => need.kind === 'capability'));
    for (const name of defaultCapabilities) expect(needed.map((need) => need.name)).toContain(name);
  });

  unlessMissing('systemd-analyze', 'systemd')('is understood by systemd', () => {
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--recursive-errors=no', unitPath], {
      encoding: 'utf8',
    });
    // The program is not installed where this runs; anything else that is said about the unit is a mistake in it.
    const remarks = stderr.split('\n').filter((line) => line.includes('leash') && !line.includes('not executable'));
    expect(remarks).toEqual([]);
  });

  unlessMissing('systemd-analyze', 'systemd')('is exposed no more than the figure that is published', () => {
    const args = ['security', '--offline=yes', '--threshold=23', '--no-pager', unitPath];
    const output = execFileSync('systemd-analyze', args, { encoding: 'utf8' });
    expect(output).toMatch(/Overall exposure level for leash-agent\.service: [012]\.\d/);
  });
});
