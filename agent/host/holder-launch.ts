/** How a holder is started: small, in a session of its own, and with no more rights than its fault needs. */
import { existsSync } from 'node:fs';

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Halves the memory of an idle holder at no cost in CPU time. */
const smallHeap = ['--max-semi-space-size=1', '--max-old-space-size=24', '--v8-pool-size=0'];
const setprivPaths = ['/usr/bin/setpriv', '/bin/setpriv'];

/**
 * @param keeps the capabilities that the fault needs, by name; undefined for a holder that touches processes, which keeps
 * all. The others are given up by setpriv(1), which execs, so the pid stays; where it is missing nothing is given up.
 */
export function holderLaunch(programPath: string, keeps: readonly string[] | undefined): Launch {
  const node = [process.execPath, ...smallHeap, programPath];
  const [command, ...args] = keeps === undefined ? node : [...withOnly(keeps), ...node];
  // Nothing of the agent's environment: it may hold secrets, and NODE_OPTIONS or LD_PRELOAD would change the holder.
  return { command: command as string, args, env: { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '1', LANG: 'C.UTF-8' } };
}

/** What stands before a program on a command line so that it runs with these capabilities only (setpriv(1)). */
export function withOnly(capabilities: readonly string[]): readonly string[] {
  const setpriv = setprivPaths.find((path) => existsSync(path));
  if (setpriv === undefined) return [];
  const only = ['-all', ...capabilities.map((name) => `+${name.replace(/^CAP_/, '').toLowerCase()}`)].join(',');
  // For root an exec brings every capability back that is in the bounding set; others may not change that set.
  const bounding = process.geteuid?.() === 0 ? ['--bounding-set', only] : [];
  return [setpriv, '--inh-caps', only, '--ambient-caps', only, ...bounding, '--'];
}
