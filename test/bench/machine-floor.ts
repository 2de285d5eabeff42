/** How late the kernel itself wakes a program, in C where a compiler is at hand, and else in Python. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { projectFolder } from '../rig/project.ts';
import { findProgram } from '../rig/requirement.ts';

export interface MachineFloor {
  readonly pid: number;
  /** "C" or "Python" */
  readonly language: string;
  /** In milliseconds, of all wake-ups so far. */
  latenessMs(): readonly number[];
  /** Forgets those so far. */
  begin(): void;
  stop(): Promise<void>;
}

const python = `
import select, sys, time
at = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
while not select.select([sys.stdin], [], [], 0)[0]:
    at += 20_000_000
    time.sleep(max(0, at - time.clock_gettime_ns(time.CLOCK_MONOTONIC)) / 1e9)
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    print((now - at) // 1000, flush=True)
    at = now
`;

/** @throws Error where there is neither a C compiler nor Python. */
export function startMachineFloor(): MachineFloor {
  const folder = mkdtempSync(join(tmpdir(), 'leash-floor-'));
  const program = join(folder, 'c-timer');
  const compiler = findProgram('gcc') ?? findProgram('cc');
  const source = join(projectFolder, 'test/bench/c-timer.c');
  const isCompiled = compiler !== undefined && spawnSync(compiler, ['-O2', '-o', program, source]).status === 0;
  const interpreter = findProgram('python3');
  if (!isCompiled && interpreter === undefined) throw new Error('a C compiler or python3 is needed for the comparison');
  const [command, args] = isCompiled ? [program, []] : [interpreter as string, ['-c', python]];
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  let lateness: number[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) lateness.push(Number(line) / 1000);
  });
  return {
    pid: child.pid ?? 0,
    language: isCompiled ? 'C' : 'Python',
    latenessMs: () => lateness,
    begin() {
      lateness = [];
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
