/** `leash-agent ps`: which processes a selector would match, and which of them are protected. Needs no agent. */
import { selectorFromWords } from '../../proto/selector-words.ts';
import { createProtection } from '../core/protection.ts';
import { lookAtPorts } from '../host/ports-seen.ts';
import { createProcessFinder } from '../host/process-finder.ts';
import { createProcessReader } from '../host/process-table.ts';
import { processToWire } from '../rpc/wire.ts';
import { readAgentFile } from './agent-file.ts';
import { exitCodes } from './exit-code.ts';
import { loadHostPolicy } from './host-policy.ts';
import type { AgentOptions } from './options.ts';
import { print } from './print.ts';

/** @param words as `leash ps` takes them: name=nginx parent.name=supervisor */
export async function listProcesses(options: AgentOptions, words: readonly string[], isJson: boolean): Promise<number> {
  const selector = selectorFromWords(words);
  const { policy } = await loadHostPolicy(options);
  const reader = createProcessReader();
  const table = await reader.readTable();
  const { ports } = policy.protect;
  const protection = createProtection(table, {
    agentPid: readAgentFile(options)?.pid ?? process.pid,
    operatorPids: [process.pid],
    protect: policy.protect,
    ...(ports.length === 0 ? {} : { ports: await lookAtPorts(new Set(ports), table) }),
  });
  const { matches, refusals } = await createProcessFinder({ reader })(table, selector, protection);
  const isRefused = refusals.length > 0;
  const exitCode = isRefused ? exitCodes.refused : exitCodes.done;
  const found = matches.map((match) => processToWire({ ...match, commandLines: policy.commandLines }));
  if (isJson) return print(exitCode, { processes: found, refusals });
  for (const { reason, message } of refusals) process.stderr.write(`leash-agent: refused: ${reason}: ${message}\n`);
  if (found.length === 0 && !isRefused) process.stdout.write('no process matches\n');
  for (const each of found) {
    const guarded = each.protectedBy?.length ? `  PROTECTED: ${each.protectedBy.join(', ')}` : '';
    const pid = String(each.identity?.pid).padStart(7);
    process.stdout.write(`${pid} ${each.user} ${each.name}  ${each.matched?.join(', ')}${guarded}\n`);
  }
  return exitCode;
}
