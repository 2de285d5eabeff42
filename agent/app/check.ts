/** `leash-agent check`: explains the policy, and which faults this host can do, with which binding, and what is missing. */
import type { leash } from '../../proto/codec.ts';
import { bindingWords } from '../../proto/fault.ts';
import { armedLatch } from '../core/halt.ts';
import { faultKinds } from '../faults/index.ts';
import { readHostAbilities } from '../host/capabilities.ts';
import { readHostFacts } from '../host/host-facts.ts';
import { createHostUsage } from '../host/host-usage.ts';
import { presentHaltFile } from '../store/halt-files.ts';
import { builtInPolicy, type LoadedPolicy } from '../store/loaded-policy.ts';
import { describeHost } from './describe.ts';
import { exitCodes } from './exit-code.ts';
import { readHostFigures } from './host-figures.ts';
import { loadHostPolicy } from './host-policy.ts';
import { createLocalClient } from './local-client.ts';
import { machineText } from './machine.ts';
import { type AgentOptions, haltFilesOf, policyPathOf, socketPathOf } from './options.ts';
import { print } from './print.ts';
import { type HostSeen, hostReadiness } from './readiness.ts';
import { version } from './version.ts';

const answerWithinMs = 2000;

export async function check(options: AgentOptions, isJson: boolean): Promise<number> {
  const { loaded, problem } = await readPolicy(options);
  const { policy, source } = loaded;
  const [facts, abilities] = [readHostFacts(), readHostAbilities()];
  const haltFile = presentHaltFile(haltFilesOf(options));
  const description = describeHost({
    hostName: options.hostName,
    version,
    facts,
    policy: loaded,
    figures: readHostFigures({ usage: createHostUsage(), abilities, cpus: facts.cpus }),
    abilities,
    kinds: faultKinds,
    state: { latch: armedLatch, faults: new Map(), injectedAtBootMs: [] },
    latchDurability: 'durable',
    now: { bootMs: 0, unixMs: Date.now() },
  });
  const machine = await machineText();
  const agent = await askAgent(options);
  const readiness = await hostReadiness({
    options,
    ...(problem === undefined ? {} : { policyProblem: problem }),
    policySource: source,
    ...(agent ? { agent } : {}),
    version,
    abilities,
    ...(haltFile === undefined ? {} : { haltFile }),
    nowUnixMs: Date.now(),
  });
  const faults = (description.faults ?? []).map((fault) => ({
    kind: fault.kind,
    available: fault.available,
    binding: fault.available ? bindingWords.fromWire(fault.binding, 'binding') : undefined,
    reason: fault.available ? fault.bindingReason : fault.unavailableReason,
    needs: fault.needs,
  }));
  const code = problem === undefined ? exitCodes.done : exitCodes.usage;
  if (problem !== undefined) process.stderr.write(`leash-agent: ${problem}\n`);
  if (isJson) {
    return print(code, {
      policy: source,
      stage: policy.stage,
      readiness: readiness.map(({ name, isReady: ready, detail, fix }) => ({ name, ready, detail, fix })),
      machine,
      haltFile: haltFile ?? null,
      limits: description.limits,
      faults,
      uid: description.uid,
      capabilities: description.capabilities,
    });
  }
  const lines = [
    `policy   ${source}`,
    `stage    ${policy.stage}`,
    `agent    uid ${description.uid}`,
    `machine  ${machine}`,
    ...(haltFile ? [`HALTED   by the file ${haltFile}`] : []),
    '',
    ...readiness.flatMap(({ name, isReady, detail, fix }) => [
      `${isReady ? 'ok ' : 'RED'} ${name.padEnd(14)} ${detail}`,
      ...(fix === '' ? [] : [`    fix: ${fix}`]),
    ]),
    '',
    ...(description.limits ?? []).flatMap(limitLines),
    '',
    ...faults.map(
      (fault) => `${(fault.kind ?? '').padEnd(16)} ${(fault.binding ?? 'REFUSED').padEnd(9)} ${fault.reason}`,
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return code;
}

/** One that cannot be used is explained beside everything else, as the defaults are. */
async function readPolicy(options: AgentOptions): Promise<{ loaded: LoadedPolicy; problem?: string }> {
  try {
    return { loaded: await loadHostPolicy(options) };
  } catch (error) {
    const path = policyPathOf(options);
    const loaded = { ...builtInPolicy(path), source: `built-in defaults, since ${path} cannot be used` };
    return { loaded, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function askAgent(options: AgentOptions): Promise<HostSeen['agent']> {
  const client = createLocalClient(socketPathOf(options));
  try {
    const { version: answered, halt, limits } = await client.call('describe', {}, answerWithinMs);
    const bindings = limits?.find(({ name }) => name === 'bindings.allow')?.now ?? '';
    return { version: answered ?? '', isHalted: halt?.halted ?? false, isSupervised: !/no supervisor/.test(bindings) };
  } catch {
    return undefined;
  } finally {
    client.close();
  }
}

/** Its bound, what the host has of it now, what it is, and where it is from. */
function limitLines({ name, value, now, summary, source }: leash.v1.IEffectiveLimit): readonly string[] {
  const seen = now ? `, now ${now}` : '';
  return [`${(name ?? '').padEnd(22)} ${value}${seen}`, `${''.padEnd(22)} ${summary} (${source})`];
}
