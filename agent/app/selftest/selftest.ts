/**
 * `leash-agent selftest`: before an operator trusts a host to it, a second agent is killed, hung and starved here, and
 * each promise of Leash is tried on a victim of the selftest's own. Nothing else on the host is touched, and all of it
 * ends with this process, also when that is SIGKILLed.
 */
import { cpus, loadavg } from 'node:os';
import { tetherTo } from '../../../shared/tether.ts';
import { exitCodes } from '../exit-code.ts';
import { print } from '../print.ts';
import { type Attempt, boundMs, NotTried, overloadedBoundMs } from './attempt.ts';
import { fullDisk, onFullDisk } from './full-disk.ts';
import { letsGo } from './lets-go.ts';
import { heading, line, summary, type Tried } from './report.ts';
import { saysNo } from './says-no.ts';
import { staysTold } from './stays-told.ts';
import { setUpBench, type WorkBench } from './work-bench.ts';

const attempts: readonly Attempt[] = [...letsGo, fullDisk, ...saysNo, ...staysTold];

/**
 * @param smallDiskOf the pid of the selftest that started this one, which then only tries a full disk.
 * @returns 0 when all passed, 1 when one failed, 4 when it was interrupted, 5 when none failed but some were not tried.
 */
export async function selftest(isJson: boolean, smallDiskOf: string | undefined): Promise<number> {
  if (smallDiskOf !== undefined) tetherTo(Number(smallDiskOf), 'SIGKILL');
  const startedAtMs = performance.now();
  const tried: Tried[] = [];
  const interrupted = interruption();
  const settingUp = setUpBench(smallDiskOf !== undefined);
  settingUp.catch(() => undefined);
  try {
    const bench = await Promise.race([settingUp, interrupted.signal]);
    for (const attempt of smallDiskOf === undefined ? attempts : [onFullDisk]) {
      if (!isJson && attempt.promise !== tried.at(-1)?.attempt.promise) process.stdout.write(heading(attempt.promise));
      const result = await Promise.race([make(attempt, bench), interrupted.signal]);
      tried.push(result);
      if (!isJson) process.stdout.write(line(result));
    }
  } catch (error) {
    if (!interrupted.isInterrupted()) throw error;
  } finally {
    await (await settingUp.catch(() => undefined))?.clear();
  }
  if (interrupted.isInterrupted()) {
    process.stderr.write('leash-agent: interrupted; everything that was started has ended\n');
    // The attempt that was interrupted may still wait for something.
    process.exit(exitCodes.aborted);
  }
  const seconds = Math.round((performance.now() - startedAtMs) / 100) / 10;
  const code = codeOf(tried);
  if (isJson) return print(code, { pass: code === exitCodes.done, promises: tried.map(documentOf), seconds });
  process.stdout.write(summary(tried, seconds));
  return code;
}

async function make(attempt: Attempt, { bench, tidy }: WorkBench): Promise<Tried> {
  const bound = attempt.boundMs === boundMs && isOverloaded() ? overloadedBoundMs : attempt.boundMs;
  let result: Tried;
  try {
    const measuredMs = await attempt.try(bench);
    const isLate = measuredMs !== undefined && bound !== undefined && measuredMs > bound;
    result = { attempt, bound, verdict: isLate ? 'fail' : 'pass', measuredMs, seen: isLate ? lateBecause() : '' };
  } catch (error) {
    const seen = error instanceof Error ? error.message : String(error);
    result = { attempt, bound, verdict: error instanceof NotTried ? 'not-tried' : 'fail', measuredMs: undefined, seen };
  }
  try {
    await tidy();
    return result;
  } catch (error) {
    const seen = `afterwards: ${error instanceof Error ? error.message : String(error)}`;
    return { ...result, verdict: 'fail', seen: [result.seen, seen].filter(Boolean).join('; ') };
  }
}

/** More is asked of the processors than there are. */
function isOverloaded(): boolean {
  return (loadavg()[0] ?? 0) > cpus().length;
}

/** Beyond twice the processors no bound is promised, and an operator should know that this is why. */
function lateBecause(): string {
  const load = loadavg()[0] ?? 0;
  return `later than promised; the load of the host is ${load.toFixed(1)} on ${cpus().length} processors`;
}

function codeOf(tried: readonly Tried[]): number {
  if (tried.some(({ verdict }) => verdict === 'fail')) return exitCodes.deviated;
  return tried.every(({ verdict }) => verdict === 'pass') ? exitCodes.done : exitCodes.unresolved;
}

function documentOf({ attempt, bound, verdict, measuredMs, seen }: Tried): object {
  return {
    promise: attempt.promise,
    name: attempt.name,
    pass: verdict === 'pass',
    measuredMs: measuredMs === undefined ? null : Math.round(measuredMs * 10) / 10,
    boundMs: bound ?? null,
    ...(verdict === 'not-tried' ? { notTried: seen } : {}),
    ...(verdict === 'fail' ? { seen } : {}),
  };
}

function interruption(): { readonly signal: Promise<never>; isInterrupted(): boolean } {
  let isInterrupted = false;
  const signal = new Promise<never>((_resolve, reject) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(name, () => {
        isInterrupted = true;
        reject(new Error(`interrupted by ${name}`));
      });
    }
  });
  signal.catch(() => undefined);
  return { signal, isInterrupted: () => isInterrupted };
}
