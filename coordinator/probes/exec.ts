/**
 * The exec probe: a program that the coordinator's own file lists, run without a shell. Exit code 0 is up; where the
 * last line that it prints is a number, that is its value.
 */
import { execFile } from 'node:child_process';
import { z } from 'zod';
import { hasShape } from '../../shared/argument-shape.ts';
import type { ExecSource } from '../core/experiment.ts';
import { duration } from '../experiment/quantity-schema.ts';
import { askingFields, type ProbeKind, timed, type Verdict, windowOf } from './probe-kind.ts';

const written = z.strictObject({
  program: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be the name of a program that the coordinator lists'),
  args: z.array(z.string().min(1).max(256)).max(32).optional(),
  timeout: duration({ minimum: 10, maximum: 30_000 }).optional(),
  window: duration({ minimum: 1000, maximum: 3_600_000 }).optional(),
});

const outputBytesMax = 65_536;

export const execProbe: ProbeKind<ExecSource, typeof written> = {
  written,
  fields: { ...askingFields, exitCode: 'double', value: 'double' },
  mainField: 'value',
  compile: ({ program, args = [], ...rest }, place) => ({
    kind: 'exec',
    program,
    args,
    windowMs: windowOf(rest, place),
  }),
  sample: ({ program, args }, asked) =>
    timed(asked, async (signal) => {
      const { programs } = asked.surroundings;
      const listed = programs.find((each) => each.name === program);
      if (!listed) {
        const names = programs.map(({ name }) => name).join(', ') || 'none';
        throw new Error(`${program} is not among the programs of the coordinator's file (${names})`);
      }
      const strange = args.find((argument) => !listed.args.some((shape) => hasShape(argument, shape)));
      if (strange !== undefined) {
        const shapes = listed.args.join(' ') || 'none';
        throw new Error(
          `the argument ${JSON.stringify(strange)} is like none that ${program} may be given (${shapes})`,
        );
      }
      return run(listed.path, args, signal);
    }),
};

function run(path: string, args: readonly string[], signal: AbortSignal): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    // Nothing of the coordinator's own environment: it may hold secrets.
    const options = {
      signal,
      killSignal: 'SIGKILL',
      maxBuffer: outputBytesMax,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
    } as const;
    const child = execFile(path, args, options, (error, output) => {
      const exitCode = child.exitCode;
      // A code in letters is Node's own; the program's is a number.
      if (error && (typeof error.code === 'string' || exitCode === null)) {
        reject(new Error(failureText(error, child.signalCode)));
        return;
      }
      const last = output.trimEnd().split('\n').at(-1)?.trim() ?? '';
      const value = last === '' ? Number.NaN : Number(last);
      resolve({
        isGood: exitCode === 0,
        detail: `exited with ${exitCode}`,
        values: { exitCode: exitCode as number, ...(Number.isFinite(value) ? { value } : {}) },
      });
    });
    child.stdin?.end();
  });
}

function failureText(error: Error & { code?: unknown }, signal: NodeJS.Signals | null): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `printed over ${outputBytesMax} bytes`;
  return signal ? `was ended by ${signal}` : `could not be started: ${String(error.code ?? error.message)}`;
}
