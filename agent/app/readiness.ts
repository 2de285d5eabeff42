/** What this host still lacks to be a host of a fleet: one line each, with the command that mends it. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostAbilities } from '../core/binding.ts';
import type { AgentOptions } from './options.ts';

export interface ReadinessCheck {
  readonly name: string;
  readonly isReady: boolean;
  /** What was seen. */
  readonly detail: string;
  /** What turns it green; empty where it is. */
  readonly fix: string;
}

export interface HostSeen {
  readonly options: AgentOptions;
  /** What is wrong with the policy; absent where it can be used. */
  readonly policyProblem?: string;
  readonly policySource: string;
  /** Of the agent that answers here; absent where none does. */
  readonly agent?: { readonly version: string; readonly isHalted: boolean; readonly isSupervised: boolean };
  readonly version: string;
  readonly abilities: HostAbilities;
  readonly haltFile?: string;
  readonly nowUnixMs: number;
}

/** Of the coordinator's unit, and the port at which its tutorial lets hosts join. */
const coordinatorSocket = '/run/leash-coordinator/coordinator.sock';
const joinPort = 7444;
const dayMs = 86_400_000;
const renewBeforeMs = 7 * dayMs;
/** No release of this program is older: a clock that says so is wrong. */
const clockEarliestUnixMs = Date.UTC(2025, 0, 1);

export async function hostReadiness(seen: HostSeen): Promise<readonly ReadinessCheck[]> {
  const { agent, options, policyProblem, abilities, haltFile } = seen;
  const policyPath = join(options.configDirectory, 'policy.yaml');
  return [
    check(
      'native calls',
      abilities.nativeCallsMissing === undefined,
      abilities.nativeCallsMissing ?? 'here',
      'install the package leash-agent, on glibc 2.34 or later',
    ),
    check(
      'policy',
      policyProblem === undefined,
      policyProblem ?? seen.policySource,
      policyFix(policyProblem ?? '', policyPath),
    ),
    check(
      'agent',
      agent !== undefined,
      agent ? `answers, version ${agent.version}` : 'does not answer',
      'systemctl enable --now leash-agent; systemctl status leash-agent',
    ),
    check(
      'version',
      agent === undefined || agent.version === seen.version,
      agent?.version ?? 'not known',
      'systemctl restart leash-agent',
    ),
    check(
      'supervisor',
      agent?.isSupervised === true,
      agent?.isSupervised ? 'systemd' : 'nobody would replay the journal',
      'systemctl enable --now leash-agent',
    ),
    check(
      'armed',
      haltFile === undefined && agent?.isHalted !== true,
      armedText(seen),
      haltFile ? `rm ${haltFile}; leash-agent rearm` : 'leash-agent rearm',
    ),
    await certificateCheck(seen),
    check(
      'clock',
      seen.nowUnixMs > clockEarliestUnixMs,
      new Date(seen.nowUnixMs).toISOString(),
      'timedatectl set-ntp true',
    ),
  ];
}

function armedText({ haltFile, agent }: HostSeen): string {
  if (haltFile !== undefined) return `halted by the file ${haltFile}`;
  return agent?.isHalted ? 'halted' : 'armed';
}

async function certificateCheck({ options, nowUnixMs }: HostSeen): Promise<ReadinessCheck> {
  const directory = options.tlsDirectory ?? join(options.configDirectory, 'tls');
  const fix = joinFix(options.hostName);
  if (!existsSync(directory) || readdirSync(directory).length === 0) {
    return check('certificate', false, `${directory} has none: no coordinator can reach this host`, fix);
  }
  try {
    // Only here: what is loaded for it is not small.
    const { loadTlsFiles } = await import('../../shared/tls-files.ts');
    const { principal, notAfterUnixMs } = loadTlsFiles(directory, { roles: ['agent'], nowUnixMs });
    const detail = `${principal.name} of ${principal.trustDomain}, until ${new Date(notAfterUnixMs).toISOString()}`;
    return check('certificate', notAfterUnixMs - nowUnixMs > renewBeforeMs, detail, fix);
  } catch (error) {
    return check('certificate', false, error instanceof Error ? error.message : String(error), fix);
  }
}

/** Only its writer knows what was meant by a line that is not right; who owns it is another matter. */
function policyFix(problem: string, path: string): string {
  const folder = dirname(path);
  if (problem.includes('the directory of the policy must be')) return `chown root ${folder} && chmod 0755 ${folder}`;
  if (problem.includes('policy must be owned by root')) return `chown root ${path} && chmod 0644 ${path}`;
  return `\${EDITOR:-vi} ${path}, where it says; then systemctl reload leash-agent`;
}

/** The coordinator may be on this very host; otherwise only people know which it is. */
function joinFix(hostName: string): string {
  const token = `leash join-token --name ${hostName}`;
  if (existsSync(coordinatorSocket)) return `${token} | leash-agent join ${hostName}:${joinPort}`;
  return `ssh COORDINATOR ${token} | leash-agent join COORDINATOR:${joinPort}`;
}

function check(name: string, isReady: boolean, detail: string, fix: string): ReadinessCheck {
  return { name, isReady, detail, fix: isReady ? '' : fix };
}
