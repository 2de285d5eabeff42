/**
 * Services of systemd: whether one runs, whether it may be started, and that it was started anew. Set and put back by
 * systemctl(1) with argument arrays; a start that comes twice is as good as one, and so is the end of a mask.
 */
import { readlinkSync } from 'node:fs';
import type { HostPolicy } from '../../core/policy.ts';
import { SettingUnavailable } from '../../core/setting.ts';
import { isServiceName } from '../../core/unit-name.ts';
import { processesIn } from '../cgroup-folder.ts';
import { mustRun, type RunProgram } from './program.ts';
import type { SettingKind } from './setting-kind.ts';
import { type ValueSetting, valueSetting } from './value-setting.ts';

const systemctl = '/usr/bin/systemctl';
const quietly = ['--no-ask-password', '--quiet', '--'];
const answerWithinMs = 2000;
/** A service that takes longer to stop is not stopped in time, and started again. */
const stopWithinMs = 4000;
const startWithinMs = 12_000;

const service: Pick<ValueSetting, 'isByProgram' | 'isName' | 'refusal' | 'members'> = {
  isByProgram: true,
  isName: isServiceName,
  refusal: (of, policy) => serviceRefusal(String(of), policy),
  members: (of) => processesIn(String(of)),
};

/** A unit as systemd has it (org.freedesktop.systemd1(5)). */
interface Unit {
  readonly state: string;
  readonly runs: boolean;
  /** Something that systemd has taken up and not done: to start, to stop, to reload. */
  readonly hasJob: boolean;
  /** The invocation, as 32 hexadecimal digits. */
  readonly id: string;
  /** By its operator: a fault masks it until the next boot only. */
  readonly isMaskedForGood: boolean;
  /** Why it could not be started again once it is stopped. */
  readonly noWayBack: string | undefined;
}

const unitProperties = [
  'LoadState',
  'ActiveState',
  'UnitFileState',
  'InvocationID',
  'Job',
  'CanStart',
  'Transient',
] as const;

export function serviceSettings(run: RunProgram): readonly SettingKind[] {
  /** What follows two dashes is no option. @returns by property; one that systemd does not know is missing. */
  async function show(unit: string, properties: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const words = [systemctl, 'show', '--no-pager', `--property=${properties.join(',')}`, '--', unit];
    const lines = (await mustRun(run, words, answerWithinMs)).split('\n').filter((line) => line.includes('='));
    // No answer is not the answer that there is no such unit, or no mask.
    if (lines.length === 0) throw new Error(`${systemctl} show said nothing of ${unit}`);
    return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const));
  }

  /** Undefined where there is no such unit. */
  async function lookAt(unit: string): Promise<Unit | undefined> {
    const shown = await show(unit, unitProperties);
    if (shown.get('LoadState') === 'not-found') return undefined;
    const state = shown.get('ActiveState') ?? '';
    return {
      state,
      runs: state === 'active' || state === 'reloading',
      // Its number; empty where there is none.
      hasJob: Number(shown.get('Job') ?? 0) > 0,
      id: shown.get('InvocationID') ?? '',
      // A mask of the run directory is `masked-runtime`.
      isMaskedForGood: shown.get('UnitFileState') === 'masked',
      noWayBack: noWayBack(shown),
    };
  }

  /** Why a fault may not stop it: it would not be as before afterwards, or not for long. */
  async function stopObjection(unit: string): Promise<string | undefined> {
    const seen = await lookAt(unit);
    if (seen?.hasJob) return `systemd has a job for ${unit} that is not done: wait for it (systemctl list-jobs)`;
    if (seen?.noWayBack) return `${unit} could not be started again: ${seen.noWayBack}`;
    return undefined;
  }

  /** Units that run and that systemd stops with this one (systemd.unit(5), Requires=, BindsTo=, PartOf=, StopPropagatedFrom=). */
  async function stoppedWith(unit: string): Promise<readonly string[]> {
    const shown = await show(unit, ['RequiredBy', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo']);
    const names = new Set([...shown.values()].flatMap((list) => list.split(' ').filter(Boolean)));
    const running: string[] = [];
    for (const name of names) {
      const seen = await lookAt(name);
      if (seen && !isDown(seen)) running.push(name);
    }
    return running;
  }

  async function order(words: readonly string[], withinMs: number): Promise<void> {
    await mustRun(run, words, withinMs);
  }

  /**
   * Running is what is asked; what has failed does not run either, and what runs while systemd has a job for it may be stopped
   * by that: a stop that waits for its turn goes on when the systemctl that ordered it is long gone.
   */
  const active = valueSetting({
    ...service,
    what: 'service-active',
    isValue: (text) => text === 'active' || text === 'inactive',
    read: async (unit) => {
      const seen = await lookAt(unit);
      if (!seen) return undefined;
      if (seen.runs && !seen.hasJob) return 'active';
      return seen.isMaskedForGood ? 'masked by its operator' : 'inactive';
    },
    async isInEffect(unit) {
      const seen = await lookAt(unit);
      return seen !== undefined && isDown(seen);
    },
    async objection({ of }) {
      const unfit = await stopObjection(of);
      if (unfit !== undefined) return unfit;
      const others = await stoppedWith(of);
      if (others.length === 0) return undefined;
      return `${others.join(', ')} would be stopped with ${of}, and is not started with it again: stop that first`;
    },
    write: (unit, value) =>
      value === 'active'
        ? order(startWords(unit), startWithinMs)
        : order([systemctl, 'stop', ...quietly, unit], stopWithinMs),
    putBackWords: ({ of }) => startWords(String(of)),
  });

  /** Until the next boot at most, whatever becomes of us: a mask of the run directory is never found again. */
  const masked = valueSetting({
    ...service,
    what: 'service-masked',
    isValue: (text) => text === 'masked' || text === 'unmasked',
    async read(unit) {
      const shown = await show(unit, ['LoadState', 'UnitFileState']);
      const [loaded, onDisk] = [shown.get('LoadState') ?? '', shown.get('UnitFileState') ?? ''];
      // systemctl changes the file and then has systemd read its files: one that dies in between leaves two answers.
      if (isMaskedUntilBoot(unit)) return 'masked';
      if (onDisk === 'masked') return 'masked by its operator';
      if (loaded === 'masked' || onDisk === 'masked-runtime') return 'masked';
      return loaded === 'not-found' ? undefined : 'unmasked';
    },
    write: (unit, value) =>
      value === 'masked'
        ? order([systemctl, 'mask', '--runtime', ...quietly, unit], stopWithinMs)
        : order(unmaskWords(unit), startWithinMs),
    putBackWords: ({ of }) => unmaskWords(String(of)),
  });

  const invocation = valueSetting({
    ...service,
    what: 'service-invocation',
    isValue: (text) => text === 'restarted' || /^[0-9a-f]{32}$/.test(text),
    read: async (unit) => {
      const seen = await lookAt(unit);
      return seen?.runs ? seen.id : undefined;
    },
    objection: ({ of }) => stopObjection(of),
    // Only one that does not run is ours to start.
    write: (unit) => order(startWords(unit), startWithinMs),
    putBackWords: ({ of }) => startWords(String(of)),
  });

  /** What was restarted never is the same again: that another invocation runs is as before. */
  const restarted: SettingKind = {
    ...invocation,
    async set(kept) {
      const unit = String(kept.of);
      if ((await lookAt(unit))?.id !== kept.original) {
        throw new SettingUnavailable(`${unit} was started anew since it was planned`);
      }
      await order([systemctl, 'restart', ...quietly, unit], stopWithinMs).catch((error: Error) => {
        throw new SettingUnavailable(`${unit} was not restarted: ${error.message}`);
      });
    },
    async see({ of, original }) {
      const seen = await lookAt(String(of));
      if (!seen) return { state: 'gone', how: `there is no ${of} any more` };
      const { state, runs, hasJob, id } = seen;
      if (!runs || hasJob) {
        const how = `${of} is ${state}${hasJob ? ', and systemd has a job for it' : ''}`;
        return { state: 'ours', how, isInEffect: false };
      }
      if (id === original) {
        return { state: 'original', how: `${of} runs on, and was not restarted`, isInEffect: false };
      }
      return { state: 'original', how: `${of} runs again, as invocation ${id}`, isInEffect: true };
    },
  };

  return [active, masked, restarted];
}

/** By what lies there now: systemd answers by what it has read before. */
function isMaskedUntilBoot(unit: string): boolean {
  try {
    return readlinkSync(`/run/systemd/system/${unit}`) === '/dev/null';
  } catch {
    return false;
  }
}

function serviceRefusal(unit: string, { services }: HostPolicy): string | undefined {
  if (services.allow.includes(unit)) return undefined;
  return `${unit} is not among services.allow of this host (${services.allow.join(', ') || 'none'})`;
}

function noWayBack(shown: ReadonlyMap<string, string>): string | undefined {
  const loaded = shown.get('LoadState');
  if (loaded !== 'loaded') return `systemd calls its unit file ${loaded}`;
  // Its unit is gone with its last process.
  if (shown.get('Transient') === 'yes') return 'it has no unit file, but was made by a program (Transient=yes)';
  return shown.get('CanStart') === 'no' ? 'it refuses to be (RefuseManualStart=yes)' : undefined;
}

function isDown({ state, hasJob }: Unit): boolean {
  return !hasJob && (state === 'inactive' || state === 'failed');
}

function startWords(unit: string): readonly string[] {
  return [systemctl, 'start', ...quietly, unit];
}

function unmaskWords(unit: string): readonly string[] {
  return [systemctl, 'unmask', '--runtime', ...quietly, unit];
}
