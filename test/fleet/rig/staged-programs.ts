/** The programs as they were built, where a package would have put them, with the Node that runs the test. */
import { chmodSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentUnit } from '../../../agent/app/unit.ts';
import { faultKinds } from '../../../agent/faults/index.ts';
import { distFolder, projectFolder } from '../../rig/project.ts';

export interface StagedPrograms {
  readonly sees: Readonly<Record<string, string>>;
  readonly files: readonly { readonly path: string; readonly text: string; readonly mode: number }[];
}

const home = '/usr/lib/leash-agent';
const nativePackages = ['koffi', '@koromix', 'libsql', '@libsql', '@neon-rs', 'detect-libc'];

/** Copies, so that a build beside the test changes nothing in it. */
export function stagePrograms(directory: string): StagedPrograms {
  // Seen from a host it is a directory of the system, for everybody.
  chmodSync(directory, 0o755);
  cpSync(distFolder, join(directory, 'dist'), { recursive: true });
  cpSync(process.execPath, join(directory, 'node'));
  cpSync(join(projectFolder, 'systemd/drop-ins'), join(directory, 'drop-ins'), { recursive: true });
  cpSync(join(projectFolder, 'package.json'), join(directory, 'package.json'));
  for (const name of nativePackages) {
    cpSync(join(projectFolder, 'node_modules', name), join(directory, 'node_modules', name), { recursive: true });
  }
  const program = (name: string) => ({
    path: `/usr/bin/${name}`,
    text: `#!/bin/sh\nexec ${home}/node ${home}/dist/${name}.js "$@"\n`,
    mode: 0o755,
  });
  const sysusers = readFileSync(join(projectFolder, 'systemd/leash.sysusers'), 'utf8');
  return {
    sees: { [home]: directory },
    files: [
      program('leash-agent'),
      program('leash'),
      { path: '/usr/lib/sysusers.d/leash.conf', text: sysusers, mode: 0o644 },
      { path: '/usr/lib/systemd/system/leash-agent.service', text: agentUnit(faultKinds), mode: 0o644 },
    ],
  };
}
