/** `leash-agent status`: what is held here, by which binding, until when. */

import type { leash } from '../../proto/codec.ts';
import { bindingWords, phaseWords } from '../../proto/fault.ts';
import { durabilityFromWire } from '../../proto/latch-durability.ts';
import { formatDurationMs } from '../../proto/quantity.ts';
import { exitCodes } from './exit-code.ts';
import { createLocalClient } from './local-client.ts';
import { type AgentOptions, socketPathOf } from './options.ts';
import { print } from './print.ts';
import { usageOf, usageText } from './target-usage.ts';
import { unreachable } from './unreachable.ts';

export async function status(options: AgentOptions, isJson: boolean): Promise<number> {
  const client = createLocalClient(socketPathOf(options));
  try {
    const description = await client.call('describe', {}, 2000);
    const faults = description.active ?? [];
    const isUnresolved = faults.some((fault) => phaseWords.fromWire(fault.phase, 'phase') === 'unresolved');
    const code = isUnresolved ? exitCodes.unresolved : exitCodes.done;
    if (isJson)
      return print(code, {
        host: description.host,
        halt: description.halt,
        stage: description.stage,
        faults: faults.map(faultDocument),
      });
    const { halt } = description;
    process.stdout.write(
      `${description.host}: stage ${description.stage}, ${halt?.halted ? haltText(halt) : `armed at epoch ${halt?.epoch}`}\n`,
    );
    if (faults.length === 0) process.stdout.write('nothing is held\n');
    for (const fault of faults) {
      process.stdout.write(`${faultLine(fault)}\n`);
      if (fault.seen) process.stdout.write(`  ${fault.seen}\n`);
      const usages = await usageOf((fault.targets ?? []).map((target) => target.pid ?? 0));
      for (const usage of usages) process.stdout.write(`${usageText(usage)}\n`);
    }
    return code;
  } catch (error) {
    return unreachable(error, socketPathOf(options), isJson);
  } finally {
    client.close();
  }
}

function haltText(halt: leash.v1.IHaltState): string {
  const durability = durabilityFromWire(halt);
  const keeping = durability === 'durable' ? '' : `, ${durability.toUpperCase()}: not on a disk that outlives a reboot`;
  return `HALTED at epoch ${halt.epoch}${keeping} (${halt.reason})`;
}

function faultDocument(fault: leash.v1.IFault): object {
  return {
    faultId: fault.faultId,
    kind: fault.spec?.kind,
    binding: bindingWords.fromWire(fault.binding, 'binding'),
    phase: phaseWords.fromWire(fault.phase, 'phase'),
    targets: fault.targets ?? [],
    leaseRemainingMs: fault.leaseRemainingMs ?? 0,
    durationRemainingMs: fault.durationRemainingMs ?? 0,
    seen: fault.seen ?? '',
  };
}

function faultLine(fault: leash.v1.IFault): string {
  const pids = (fault.targets ?? []).map((target) => target.pid).join(', ');
  const phase = phaseWords.fromWire(fault.phase, 'phase');
  const binding = bindingWords.fromWire(fault.binding, 'binding');
  const latestMs = fault.durationRemainingMs ?? 0;
  const leaseMs = Math.min(fault.leaseRemainingMs ?? 0, latestMs);
  const until = `ends in ${formatDurationMs(leaseMs)} unless renewed, in ${formatDurationMs(latestMs)} at the latest`;
  return `${fault.spec?.kind} ${phase}, bound by ${binding}, ${until}${pids && `, pid ${pids}`}  (${fault.faultId})`;
}
