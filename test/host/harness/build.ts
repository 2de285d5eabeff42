/** Bundles the holder, and the stand-in for its agent, from the sources as they are now. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { projectFolder } from '../../rig/project.ts';

const root = projectFolder;
/**
 * Inside the project, because the bundle asks for koffi from where it lies; and of this test process alone, so that its
 * holders can be told from those of any other.
 */
const folder = join(root, 'node_modules/.cache/leash-host-tests', String(process.pid));

export const holderProgram = (): string => built('leash-holder.mjs', 'agent/holders/main.ts');
export const standInAgentProgram = (): string => built('stand-in-agent.mjs', 'test/host/harness/stand-in-agent.ts');
/** Speaks gRPC, whose packages are asked for from where it lies, too. */
export const reusedPidProgram = (): string =>
  built('reused-pid.mjs', 'test/host/harness/reused-pid.ts', ['koffi', '@grpc/*', 'protobufjs']);
export const victimProgram = (name: string): string => join(root, 'test/victims', name);

const done = new Map<string, string>();

function built(name: string, source: string, external = ['koffi']): string {
  const path = done.get(name) ?? build(name, source, external);
  done.set(name, path);
  return path;
}

function build(name: string, source: string, external: string[]): string {
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true });
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  buildSync({
    absWorkingDir: root,
    entryPoints: [source],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external,
    logLevel: 'error',
  });
  return path;
}
