import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropIns, dropInText } from '../../../agent/app/drop-ins.ts';
import { agentUnit, defaultCapabilities } from '../../../agent/app/unit.ts';
import { faultKinds } from '../../../agent/faults/index.ts';
import { makeTestDirectory, type TestDirectory } from '../../rig/directory.ts';
import { projectFolder } from '../../rig/project.ts';
import { unlessMissing } from '../../rig/requirement.ts';

const unitPath = join(projectFolder, 'systemd/leash-agent.service');
const coordinatorPath = join(projectFolder, 'systemd/leash-coordinator.service');
const dropInFolder = join(projectFolder, 'systemd/drop-ins');

describe("the agent's unit", () => {
  it('is the one that the faults ask for', () => {
    expect(readFileSync(unitPath, 'utf8')).toBe(agentUnit(faultKinds));
  });

  it('grants no capability that no fault needs', () => {
    const needed = faultKinds.flatMap((kind) => kind.needs.filter((need) => need.kind === 'capability'));
    for (const name of defaultCapabilities) expect(needed.map((need) => need.name)).toContain(name);
  });

  unlessMissing('systemd-analyze', 'systemd')('is understood by systemd', () => {
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--recursive-errors=no', unitPath, coordinatorPath], {
      encoding: 'utf8',
    });
    // The program is not installed where this runs; anything else that is said about the unit is a mistake in it.
    const remarks = stderr.split('\n').filter((line) => line.includes('leash') && !line.includes('not executable'));
    expect(remarks).toEqual([]);
  });

  it('has a drop-in for each further need, and no other', () => {
    expect(readdirSync(dropInFolder)).toEqual(dropIns.map(({ name }) => `${name}.conf`).sort());
    for (const dropIn of dropIns) {
      expect(readFileSync(join(dropInFolder, `${dropIn.name}.conf`), 'utf8')).toBe(dropInText(dropIn, faultKinds));
    }
  });

  it('leaves no capability that a fault needs without a drop-in that grants it', () => {
    const granted = [...defaultCapabilities, ...dropIns.flatMap(({ meets }) => meets)];
    const needed = faultKinds.flatMap((kind) => kind.needs.filter((need) => need.kind === 'capability'));
    for (const { name } of needed) expect(granted).toContain(name);
  });
});

describe('the exposure of the units', () => {
  const test = unlessMissing('systemd-analyze', 'systemd');
  const exposureMax = { agent: 2.3, coordinator: 1.5 };
  let directory: TestDirectory;
  beforeAll(() => {
    directory = makeTestDirectory();
  });
  afterAll(() => directory.remove());

  function exposureOf(path: string): number {
    const args = ['security', '--offline=yes', '--no-pager', path];
    const output = execFileSync('systemd-analyze', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return Number(/Overall exposure level for \S+: (\d+\.\d+)/.exec(output)?.[1]);
  }

  /** systemd-analyze reads no drop-ins of a file that it is shown, so it is shown one file. */
  function exposureWith(dropIn: string): number {
    const service = /^\[Service\]\n([\s\S]*)/m;
    const [unit = '', install = ''] = readFileSync(unitPath, 'utf8').split(/^(?=\[Install\])/m);
    const more = service.exec(readFileSync(join(dropInFolder, `${dropIn}.conf`), 'utf8'))?.[1] ?? '';
    const folder = directory.sub(dropIn);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'leash-agent.service'), `${unit}${more}${install}`);
    return exposureOf(join(folder, 'leash-agent.service'));
  }

  test('is below the bounds, and is what the security guide prints', () => {
    const guide = readFileSync(join(projectFolder, 'systemd/docs/security.md'), 'utf8');
    const rows = [
      { row: '`leash-agent.service`', exposure: exposureOf(unitPath), atMost: exposureMax.agent },
      ...dropIns.map(({ name }) => ({ row: `with \`${name}\``, exposure: exposureWith(name), atMost: undefined })),
      { row: '`leash-coordinator.service`', exposure: exposureOf(coordinatorPath), atMost: exposureMax.coordinator },
    ];
    for (const { row, exposure, atMost } of rows) {
      const bound = atMost === undefined ? '' : `, at most ${atMost.toFixed(1)}`;
      process.stderr.write(`${row}: ${exposure.toFixed(1)}${bound}\n`);
      if (atMost !== undefined) expect(exposure).toBeLessThanOrEqual(atMost);
      expect(guide).toContain(`| ${row} | ${exposure.toFixed(1)} |`);
    }
  });
});
