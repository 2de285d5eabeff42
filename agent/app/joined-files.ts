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
  mkdirSync(tls, { recursive: true, mode: 0o750 });
  // Root's, and readable by the group: with the drop-in `service` the agent is root without the right to read what is not.
  const gid = groupOf('leash');
  const files: string[] = [];
  const write = async (path: string, content: string, mode: 0o640 | 0o644): Promise<void> => {
    await replaceFile(path, content);
    if (gid !== undefined) chownSync(path, 0, gid);
    chmodSync(path, mode);
    files.push(path);
  };
  await write(join(tls, `${host.name}.key`), host.key, 0o640);
  await write(join(tls, `${host.name}.crt`), host.certificate, 0o644);
  await write(join(tls, 'ca.crt'), host.authority, 0o644);
  if (gid !== undefined) chownSync(tls, 0, gid);
  chmodSync(tls, 0o750);
  const environment = `LEASH_LISTEN=${host.address}\nLEASH_TLS=${tls}\nLEASH_HOST_NAME=${host.name}\n`;
  await write(join(options.configDirectory, 'agent.env'), environment, 0o644);
  const dropIns = join(options.unitDirectory, 'leash-agent.service.d');
  mkdirSync(dropIns, { recursive: true, mode: 0o755 });
  const allow = [...new Set(host.allow)].join(' ');
  const dropIn = `# Made by leash-agent join: who may reach the agent. leash halt --direct comes from elsewhere: add where from.\n[Service]\nIPAddressAllow=localhost ${allow}\n`;
  await write(join(dropIns, 'join.conf'), dropIn, 0o644);
  return { files, service: await restart(options) };
}

async function restart({ isRestarted }: JoinOptions): Promise<string> {
  if (!isRestarted || !existsSync('/run/systemd/system')) return 'start the agent: systemctl restart leash-agent';
  const run = promisify(execFile);
  await run('/usr/bin/systemctl', ['daemon-reload'], { timeout: restartWithinMs });
  await run('/usr/bin/systemctl', ['restart', 'leash-agent.service'], { timeout: restartWithinMs });
  return 'the agent was restarted';
}

/** group(5); undefined where the agent has none of its own, and runs as root. */
function groupOf(group: string): number | undefined {
  const fields = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === group);
  return fields === undefined ? undefined : Number(fields[2]);
}
