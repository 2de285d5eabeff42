/** What a host has when it has joined: its TLS files, where its agent listens, and who may reach it. */
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { replaceFile } from '../../shared/durable-file.ts';
import type { JoinOptions } from './join-options.ts';

export interface JoinedHost {
  readonly name: string;
  readonly address: string;
  readonly certificate: string;
  readonly authority: string;
  readonly key: string;
  readonly allow: readonly string[];
}

export interface Installed {
  readonly files: readonly string[];
  /** What became of the service, in words. */
  readonly service: string;
}

const restartWithinMs = 60_000;

export async function installJoined(options: JoinOptions, host: JoinedHost): Promise<Installed> {
  const tls = join(options.configDirectory, 'tls');
  // Of a former name, there would be two certificates.
  rmSync(tls, { recursive: true, force: true });
  mkdirSync(tls, { recursive: true, mode: 0o700 });
  const owner = ownerOf('leash');
  const files: string[] = [];
  const write = async (path: string, content: string, mode: 0o600 | 0o644, isAgents: boolean): Promise<void> => {
    await replaceFile(path, content);
    chmodSync(path, mode);
    if (isAgents && owner) chownSync(path, owner.uid, owner.gid);
    files.push(path);
  };
  await write(join(tls, `${host.name}.key`), host.key, 0o600, true);
  await write(join(tls, `${host.name}.crt`), host.certificate, 0o644, true);
  await write(join(tls, 'ca.crt'), host.authority, 0o644, true);
  if (owner) chownSync(tls, owner.uid, owner.gid);
  const environment = `LEASH_LISTEN=${host.address}\nLEASH_TLS=${tls}\nLEASH_HOST_NAME=${host.name}\n`;
  await write(join(options.configDirectory, 'agent.env'), environment, 0o644, false);
  const dropIns = join(options.unitDirectory, 'leash-agent.service.d');
  mkdirSync(dropIns, { recursive: true, mode: 0o755 });
  const allow = [...new Set(host.allow)].join(' ');
  const dropIn = `# Made by leash-agent join: who may reach the agent. leash halt --direct comes from elsewhere: add where from.\n[Service]\nIPAddressAllow=localhost ${allow}\n`;
  await write(join(dropIns, 'join.conf'), dropIn, 0o644, false);
  return { files, service: await restart(options) };
}

async function restart({ isRestarted }: JoinOptions): Promise<string> {
  if (!isRestarted || !existsSync('/run/systemd/system')) return 'start the agent: systemctl restart leash-agent';
  const run = promisify(execFile);
  await run('/usr/bin/systemctl', ['daemon-reload'], { timeout: restartWithinMs });
  await run('/usr/bin/systemctl', ['restart', 'leash-agent.service'], { timeout: restartWithinMs });
  return 'the agent was restarted';
}

/** passwd(5); undefined where the agent has no user of its own. */
function ownerOf(user: string): { readonly uid: number; readonly gid: number } | undefined {
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user);
  return fields === undefined ? undefined : { uid: Number(fields[2]), gid: Number(fields[3]) };
}
