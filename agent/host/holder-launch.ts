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
 * @param keepsCapabilities whether it touches processes. Others give up every capability by setpriv(1), which execs, so
 * the pid stays; where that program is missing they keep what the agent has.
 */
export function holderLaunch(programPath: string, keepsCapabilities: boolean): Launch {
  const node = [process.execPath, ...smallHeap, programPath];
  const [command, ...args] = keepsCapabilities ? node : [...withoutCapabilities(), ...node];
  // Nothing of the agent's environment: it may hold secrets, and NODE_OPTIONS or LD_PRELOAD would change the holder.
  return { command: command as string, args, env: { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '1', LANG: 'C.UTF-8' } };
}

function withoutCapabilities(): readonly string[] {
  const setpriv = setprivPaths.find((path) => existsSync(path));
  if (setpriv === undefined) return [];
  // For root an exec brings every capability back that is in the bounding set; others may not change that set.
  const bounding = process.geteuid?.() === 0 ? ['--bounding-set', '-all'] : [];
  return [setpriv, '--ambient-caps', '-all', '--inh-caps', '-all', ...bounding, '--'];
}
