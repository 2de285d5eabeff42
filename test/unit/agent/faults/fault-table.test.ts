import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { faultTable } from '../../../../agent/app/fault-table.ts';
import { faultKinds } from '../../../../agent/faults/index.ts';
import { projectFolder } from '../../../rig/project.ts';

it('the documentation of the faults is the one that the faults make', () => {
  expect(readFileSync(join(projectFolder, 'agent/faults/README.md'), 'utf8')).toBe(faultTable(faultKinds));
});
