/** `leash-agent check`: explains the policy, and which faults this host can do, with which binding, and what is missing. */
import type { leash } from '../../proto/codec.ts';
import { bindingWords } from '../../proto/fault.ts';
import { armedLatch } from '../core/halt.ts';
import { faultKinds } from '../faults/index.ts';
import { readHostAbilities } from '../host/capabilities.ts';
import { readHostFacts } from '../host/host-facts.ts';
import { createHostUsage } from '../host/host-usage.ts';
import { presentHaltFile } from '../store/halt-files.ts';
import { describeHost } from './describe.ts';
import { exitCodes } from './exit-code.ts';
import { readHostFigures } from './host-figures.ts';
import { loadHostPolicy } from './host-policy.ts';
import { machineText } from './machine.ts';
import { type AgentOptions, haltFilesOf } from './options.ts';
import { print } from './print.ts';
import { version } from './version.ts';

export async function check(options: AgentOptions, isJson: boolean): Promise<number> {
  const loaded = await loadHostPolicy(options);
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
  const faults = (description.faults ?? []).map((fault) => ({
    kind: fault.kind,
    available: fault.available,
    binding: fault.available ? bindingWords.fromWire(fault.binding, 'binding') : undefined,
    reason: fault.available ? fault.bindingReason : fault.unavailableReason,
    needs: fault.needs,
  }));
  if (isJson) {
    return print(exitCodes.done, {
      policy: source,
      stage: policy.stage,
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
    ...(description.limits ?? []).flatMap(limitLines),
    '',
    ...faults.map(
      (fault) => `${(fault.kind ?? '').padEnd(16)} ${(fault.binding ?? 'REFUSED').padEnd(9)} ${fault.reason}`,
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return exitCodes.done;
}

/** Its bound, what the host has of it now, what it is, and where it is from. */
function limitLines({ name, value, now, summary, source }: leash.v1.IEffectiveLimit): readonly string[] {
  const seen = now ? `, now ${now}` : '';
  return [`${(name ?? '').padEnd(22)} ${value}${seen}`, `${''.padEnd(22)} ${summary} (${source})`];
}
