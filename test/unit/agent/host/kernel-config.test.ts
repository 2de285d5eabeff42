import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hasKernelPart } from '../../../../agent/host/kernel-config.ts';
import { makeDirectory, type TestDirectory } from '../store/directory.ts';

let directory: TestDirectory;
beforeEach(() => {
  directory = makeDirectory();
});
afterEach(() => directory.remove());

const part = { option: 'NET_SCH_NETEM', module: 'sch_netem' };

test('a kernel says itself what it has, and else its modules do', () => {
  const config = join(directory.path, 'config.gz');
  const modules = join(directory.path, 'modules');
  expect(hasKernelPart(part, config, modules)).toBeUndefined();
  mkdirSync(modules);
  writeFileSync(join(modules, 'modules.dep'), 'kernel/net/sched/sch_prio.ko.xz:\n');
  expect(hasKernelPart(part, config, modules)).toBe(false);
  writeFileSync(join(modules, 'modules.dep'), 'kernel/net/sched/sch_netem.ko.xz:\n');
  expect(hasKernelPart(part, config, modules)).toBe(true);
  writeFileSync(config, gzipSync('CONFIG_NET_SCH_TBF=y\n# CONFIG_NET_SCH_NETEM is not set\n'));
  expect(hasKernelPart(part, config, modules)).toBe(false);
  writeFileSync(config, gzipSync('CONFIG_NET_SCH_NETEM=m\n'));
  expect(hasKernelPart(part, config, modules)).toBe(true);
});
