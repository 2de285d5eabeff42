/** What a host probe may look at: one file of this folder each. Nothing here touches what it looks at. */
import type { leash } from '../../proto/codec.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { Refused } from '../../proto/refused.ts';
import type { Selector } from '../../proto/selector.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { ProcessFacts } from '../core/process.ts';
import type { Match } from '../engine/examine.ts';
import type { ProgramRunner } from '../host/program-runner.ts';
import { observeFile } from './file.ts';
import { observeHost } from './host.ts';
import { observeProcesses } from './processes.ts';
import { observeUnit } from './unit.ts';

/** What somebody wants to see, after the door. */
export type Sight =
  | { readonly kind: 'processes'; readonly selector: Selector }
  | { readonly kind: 'host' }
  | { readonly kind: 'file'; readonly path: string; readonly pattern: string; readonly cursor: string }
  | { readonly kind: 'unit'; readonly name: string };

/** @throws Refused for what the policy does not show, and for what this host cannot show, or not in time. */
export type Observe = (sight: Sight, callerPid: number | undefined) => Promise<leash.v1.IObserveReply>;

export interface ObserverPorts {
  listProcesses(selector: Selector, callerPid: number | undefined): AsyncIterable<readonly Match[]>;
  policy(): HostPolicy;
  bootMs(): number;
  readonly programs: Pick<ProgramRunner, 'run'>;
}

export function createObserver(ports: ObserverPorts): Observe {
  return async (sight, callerPid) => {
    try {
      return await look(sight, callerPid, ports);
    } catch (error) {
      if (error instanceof Refused || error instanceof InvalidInput) throw error;
      throw new Refused([
        { reason: 'not-observable', message: error instanceof Error ? error.message : String(error) },
      ]);
    }
  };
}

async function look(
  sight: Sight,
  callerPid: number | undefined,
  ports: ObserverPorts,
): Promise<leash.v1.IObserveReply> {
  switch (sight.kind) {
    case 'processes': {
      const processes: ProcessFacts[] = [];
      for await (const matches of ports.listProcesses(sight.selector, callerPid)) {
        processes.push(...matches.map((match) => match.process));
      }
      return { processes: await observeProcesses(processes, ports.bootMs()) };
    }
    case 'host':
      return { host: await observeHost() };
    case 'file':
      return { file: await observeFile(sight, ports.policy().observe.paths) };
    case 'unit':
      return { unit: await observeUnit(sight.name, ports.programs) };
  }
}
