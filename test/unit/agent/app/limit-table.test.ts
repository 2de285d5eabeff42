import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { examplePolicy, limitTable } from '../../../../agent/app/limit-table.ts';
import { limits } from '../../../../agent/limits/index.ts';
import { parsePolicy } from '../../../../agent/store/policy-file.ts';
import { policyKeys } from '../../../../agent/store/policy-schema.ts';
import { projectFolder } from '../../../rig/project.ts';

it('the documentation of the limits is the one that the limits make', () => {
  expect(readFileSync(join(projectFolder, 'agent/limits/README.md'), 'utf8')).toBe(limitTable(limits));
});

it('the policy in it is a right one and has every key', () => {
  const { lines } = parsePolicy(examplePolicy, 'policy.yaml');
  expect(policyKeys().filter((key) => !lines.has(key))).toEqual([]);
});

it('every limit that the policy sets is named for a key of it', () => {
  const keys = policyKeys();
  const isKey = (name: string): boolean => keys.some((key) => key === name || key.startsWith(`${name}.`));
  expect(
    limits
      .filter(({ isFixed }) => !isFixed)
      .map(({ name }) => name)
      .filter((name) => !isKey(name)),
  ).toEqual([]);
});
