/** Whether this kernel has an optional part: by its own configuration, or else by the modules that came with it. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';

export interface KernelPart {
  /** As in the kernel's configuration: "NET_SCH_NETEM". */
  readonly option: string;
  /** The name of its module. */
  readonly module: string;
}

/** @returns undefined where neither says anything: then it is to be tried. */
export function hasKernelPart(
  { option, module }: KernelPart,
  configPath = '/proc/config.gz',
  modulesFolder = `/lib/modules/${release()}`,
): boolean | undefined {
  const config = textOf(() => gunzipSync(readFileSync(configPath)).toString('latin1'));
  if (config !== undefined) return new RegExp(`^CONFIG_${option}=[ym]$`, 'm').test(config);
  const lists = ['modules.builtin', 'modules.dep'].map((name) =>
    textOf(() => readFileSync(`${modulesFolder}/${name}`, 'latin1')),
  );
  if (lists.every((list) => list === undefined)) return undefined;
  return lists.some((list) => list?.includes(`/${module}.ko`));
}

function textOf(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
