/** `leash-agent ps`: which processes a selector would match, and which of them are protected. Needs no agent. */
import { parsePid } from '../../proto/identity.ts';
import { selectorFromWire } from '../../proto/selector.ts';
import { compilePattern } from '../core/argument-pattern.ts';
import { createProtection } from '../core/protection.ts';
import { matchProcesses } from '../core/selection.ts';
import { createProcessReader } from '../host/process-table.ts';
import { processToWire } from '../rpc/wire.ts';
import { readAgentFile } from './agent-file.ts';
import { exitCodes } from './exit-code.ts';
import { loadHostPolicy } from './host-policy.ts';
import type { AgentOptions } from './options.ts';
import { print } from './print.ts';

export interface WrittenSelector {
  readonly name?: string;
  readonly cmdline?: string;
  readonly pid?: string;
  readonly user?: string;
  readonly parent?: string;
}

export async function listProcesses(options: AgentOptions, written: WrittenSelector, isJson: boolean): Promise<number> {
  const selector = selectorFromWire(
    {
      name: written.name ?? '',
      cmdline: written.cmdline ?? '',
      user: written.user ?? '',
      ...(written.pid === undefined ? {} : { pid: parsePid(Number(written.pid), '--pid') }),
      ...(written.parent === undefined ? {} : { parent: { pid: parsePid(Number(written.parent), '--parent') } }),
    },
    'selector',
  );
  const { policy } = await loadHostPolicy(options);
  const table = await createProcessReader().readTable();
  const protection = createProtection(table, {
    agentPid: readAgentFile(options)?.pid ?? process.pid,
    operatorPids: [process.pid],
    protect: policy.protect,
  });
  const found = matchProcesses(table, selector, compilePattern).map((match) =>
    processToWire(match.process, match.matched, protection(match.process)),
  );
  if (isJson) return print(exitCodes.done, { processes: found });
  if (found.length === 0) process.stdout.write('no process matches\n');
  for (const each of found) {
    const guarded = each.protectedBy?.length ? `  PROTECTED: ${each.protectedBy.join(', ')}` : '';
    const pid = String(each.identity?.pid).padStart(7);
    process.stdout.write(`${pid} ${each.user} ${each.name}  ${each.matched?.join(', ')}${guarded}\n`);
  }
  return exitCodes.done;
}
