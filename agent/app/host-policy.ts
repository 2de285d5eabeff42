/** The host's policy. Its readers (YAML, schema) are loaded only where there is a file to read. */
import { lstatSync } from 'node:fs';
import { builtInPolicy, type LoadedPolicy } from '../store/loaded-policy.ts';
import { type AgentOptions, policyPathOf } from './options.ts';

/** Root may own the policy, and the agent's own user where it runs for that user alone. @throws PolicyError */
export async function loadHostPolicy(options: AgentOptions): Promise<LoadedPolicy> {
  const path = policyPathOf(options);
  if (!lstatSync(path, { throwIfNoEntry: false })) return builtInPolicy(path);
  const { loadPolicy } = await import('../store/policy-file.ts');
  return loadPolicy(path, [0, process.getuid?.() ?? 0]);
}
