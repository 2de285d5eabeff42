/**
 * Services of systemd: whether one runs, whether it may be started, and that it was started anew. Set and put back by
 * systemctl(1) with argument arrays; a start that comes twice is as good as one, and so is the end of a mask.
 */
import { execFile } from 'node:child_process';
import type { HostPolicy } from '../../core/policy.ts';
import { SettingUnavailable } from '../../core/setting.ts';
import { isServiceName } from '../../core/unit-name.ts';
import { processesIn } from '../cgroup-folder.ts';
import { showUnit } from '../systemd-unit.ts';
import type { SettingKind } from './setting-kind.ts';
import { type ValueSetting, valueSetting } from './value-setting.ts';

const systemctl = '/usr/bin/systemctl';
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', SYSTEMD_COLORS: '0' };
/** A service that takes longer to stop is not stopped in time, and started again. */
const stopWithinMs = 4000;
const startWithinMs = 12_000;

const service: Pick<ValueSetting, 'isByProgram' | 'isName' | 'refusal' | 'members'> = {
  isByProgram: true,
  isName: isServiceName,
  refusal: (of, policy) => serviceRefusal(String(of), policy),
  members: (of) => processesIn(String(of)),
};

/** Running, or on its way to it, is what is asked; what has failed does not run either. */
export const serviceActive = valueSetting({
  ...service,
  what: 'service-active',
  isValue: (text) => text === 'active' || text === 'inactive',
  read: async (unit) => {
    const state = await stateOf(unit);
    return state && (runs(state) ? 'active' : 'inactive');
  },
  async isInEffect(unit) {
    const state = await stateOf(unit);
    return state === 'inactive' || state === 'failed';
  },
  async objection({ of }) {
    const others = await stoppedWith(of);
    if (others.length === 0) return undefined;
    return `${others.join(', ')} would be stopped with ${of}, and is not started with it again: stop that first`;
  },
  async write(unit, value) {
    if (value === 'active') await run(startWords(unit), startWithinMs);
    else await run([systemctl, 'stop', '--no-ask-password', '--quiet', '--', unit], stopWithinMs);
  },
  putBackWords: ({ of }) => startWords(String(of)),
});

/** Until the next boot at most, whatever becomes of us: a mask of the run directory is never found again. */
export const serviceMasked = valueSetting({
  ...service,
  what: 'service-masked',
  isValue: (text) => text === 'masked' || text === 'unmasked',
  async read(unit) {
    const shown = await showUnit(unit, ['LoadState', 'UnitFileState']);
    const state = shown.get('UnitFileState') ?? '';
    if (state === 'masked' || state === 'masked-runtime') return 'masked';
    return shown.get('LoadState') === 'not-found' ? undefined : 'unmasked';
  },
  write: (unit, value) =>
    value === 'masked'
      ? run([systemctl, 'mask', '--runtime', '--no-ask-password', '--quiet', '--', unit], stopWithinMs)
      : run(unmaskWords(unit), startWithinMs),
  putBackWords: ({ of }) => unmaskWords(String(of)),
});

const invocation = valueSetting({
  ...service,
  what: 'service-invocation',
  isValue: (text) => text === 'restarted' || /^[0-9a-f]{32}$/.test(text),
  read: async (unit) => {
    const { state, id } = await invocationOf(unit);
    return runs(state) ? id : undefined;
  },
  write: (unit, value) =>
    value === 'restarted'
      ? run([systemctl, 'restart', '--no-ask-password', '--quiet', '--', unit], stopWithinMs)
      : run(startWords(unit), startWithinMs),
  putBackWords: ({ of }) => startWords(String(of)),
});

/** What was restarted never is the same again: that another invocation runs is as before, and only one that does not run is started. */
export const serviceInvocation: SettingKind = {
  ...invocation,
  async set(kept) {
    const unit = String(kept.of);
    if ((await invocationOf(unit)).id !== kept.original) {
      throw new SettingUnavailable(`${unit} was started anew since it was planned`);
    }
    await run([systemctl, 'restart', '--no-ask-password', '--quiet', '--', unit], stopWithinMs).catch(
      (error: Error) => {
        throw new SettingUnavailable(`${unit} was not restarted: ${error.message}`);
      },
    );
  },
  async see({ of, original }) {
    const { state, id } = await invocationOf(String(of));
    if (!runs(state)) return { state: 'ours', how: `${of} is ${state}`, isInEffect: false };
    if (id === original) return { state: 'original', how: `${of} runs on, and was not restarted`, isInEffect: false };
    return { state: 'original', how: `${of} runs again, as invocation ${id}`, isInEffect: true };
  },
};

async function invocationOf(unit: string): Promise<{ readonly state: string; readonly id: string }> {
  const shown = await showUnit(unit, ['ActiveState', 'InvocationID']);
  return { state: shown.get('ActiveState') ?? '', id: shown.get('InvocationID') ?? '' };
}

function serviceRefusal(unit: string, { services }: HostPolicy): string | undefined {
  if (services.allow.includes(unit)) return undefined;
  return `${unit} is not among services.allow of this host (${services.allow.join(', ') || 'none'})`;
}

/** Undefined where there is no such unit. */
async function stateOf(unit: string): Promise<string | undefined> {
  const shown = await showUnit(unit, ['LoadState', 'ActiveState']);
  return shown.get('LoadState') === 'not-found' ? undefined : shown.get('ActiveState');
}

function runs(state: string): boolean {
  return state === 'active' || state === 'reloading';
}

/** Units that run and that systemd stops with this one (systemd.unit(5), Requires=, BindsTo=, PartOf=, StopPropagatedFrom=). */
async function stoppedWith(unit: string): Promise<readonly string[]> {
  const shown = await showUnit(unit, ['RequiredBy', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo']);
  const names = new Set([...shown.values()].flatMap((list) => list.split(' ').filter(Boolean)));
  const running: string[] = [];
  for (const name of names) {
    const state = await stateOf(name);
    if (state !== undefined && state !== 'inactive' && state !== 'failed') running.push(name);
  }
  return running;
}

function startWords(unit: string): readonly string[] {
  return [systemctl, 'start', '--no-ask-password', '--quiet', '--', unit];
}

function unmaskWords(unit: string): readonly string[] {
  return [systemctl, 'unmask', '--runtime', '--no-ask-password', '--quiet', '--', unit];
}

function run([program = '', ...args]: readonly string[], withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { timeout: withinMs, killSignal: 'SIGKILL', env: environment, cwd: '/' },
      (error, _out, messages) => {
        if (!error) resolve();
        else reject(new Error(messages.trim().slice(0, 300) || `${args[0]}: ${error.message}`));
      },
    );
  });
}
