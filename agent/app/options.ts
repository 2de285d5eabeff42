/** How an agent is told where things are. Every path is absolute; the defaults are those of the systemd unit. */
import { hostname } from 'node:os';
import { isAbsolute } from 'node:path';
import { InvalidInput, integerIn } from '../../proto/invalid-input.ts';

export interface AgentOptions {
  readonly stateDirectory: string;
  readonly runDirectory: string;
  readonly configDirectory: string;
  /** The name of this host in receipts and inventories. */
  readonly hostName: string;
  /** "HOST:PORT" for mutual TLS; the local socket is always there. */
  readonly listen: string | undefined;
  /** A directory with ca.crt, NAME.crt and NAME.key. */
  readonly tlsDirectory: string | undefined;
  /** Stop when this process ends. */
  readonly parentPid: number | undefined;
  /** What the kernel then sends: SIGKILL also ends an agent that is stopped. */
  readonly parentSignal: 'SIGTERM' | 'SIGKILL';
}

export interface WrittenOptions {
  readonly stateDir: string;
  readonly runDir: string;
  readonly configDir: string;
  readonly hostName?: string;
  readonly listen?: string;
  readonly tls?: string;
  readonly tether?: string;
  readonly tetherKill?: boolean;
}

export const defaultDirectories = { stateDir: '/var/lib/leash', runDir: '/run/leash', configDir: '/etc/leash' };

/** @throws InvalidInput */
export function parseOptions(written: WrittenOptions): AgentOptions {
  if (written.listen && !written.tls) {
    throw new InvalidInput('--listen', written.listen, 'needs --tls DIR: there is no plaintext TCP');
  }
  return {
    stateDirectory: absolute(written.stateDir, '--state-dir'),
    runDirectory: absolute(written.runDir, '--run-dir'),
    configDirectory: absolute(written.configDir, '--config-dir'),
    hostName: written.hostName ?? hostname(),
    listen: written.listen,
    tlsDirectory: written.tls === undefined ? undefined : absolute(written.tls, '--tls'),
    parentPid: written.tether === undefined ? undefined : integerIn(Number(written.tether), '--tether', 1, 4_194_304),
    parentSignal: written.tetherKill === true ? 'SIGKILL' : 'SIGTERM',
  };
}

export function socketPathOf(options: Pick<AgentOptions, 'runDirectory'>): string {
  return `${options.runDirectory}/agent.sock`;
}

export function haltFilesOf(options: Pick<AgentOptions, 'runDirectory' | 'configDirectory'>): readonly string[] {
  return [`${options.configDirectory}/HALT`, `${options.runDirectory}/HALT`];
}

export function policyPathOf(options: Pick<AgentOptions, 'configDirectory'>): string {
  return `${options.configDirectory}/policy.yaml`;
}

function absolute(path: string, option: string): string {
  if (!isAbsolute(path)) throw new InvalidInput(option, path, 'must be an absolute path');
  return path.replace(/(.)\/+$/, '$1');
}
