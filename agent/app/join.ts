/**
 * `leash-agent join`: gives a new host its certificate, and tells the fleet where it is. The key is made here and stays.
 * What the coordinator is believed hangs on the token alone, which names the authority: the secret in it is sent only
 * over a connection that a certificate of that authority has opened.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { parseJoinToken } from '../../shared/join-token.ts';
import { certificateRequest } from './certificate-request.ts';
import { exitCodes } from './exit-code.ts';
import { askAuthority, type FleetDoor, postJoin } from './fleet-door.ts';
import type { JoinOptions } from './join-options.ts';
import { installJoined } from './joined-files.ts';
import { labelsFrom } from './labels.ts';
import { print } from './print.ts';

const port = 7443;
/** A certificate is valid from five minutes before it was issued. */
const clockApartMaxMs = 60_000;

export async function join(options: JoinOptions, isJson: boolean): Promise<number> {
  if (process.geteuid?.() !== 0)
    throw new Error('join writes the certificate and the unit of this host: run it as root');
  const token = parseJoinToken(await tokenText(options.tokenFile));
  const door = doorOf(options.coordinator);
  const authority = await askAuthority(door, token);
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { hostName: name } = options;
  const labels = { ...(await labelsFrom(options.labelsFrom)), ...options.labels };
  const joined = await postJoin(door, { token, authority }, (localAddress) => ({
    secret: token.secret,
    name,
    address: options.listen ?? `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${port}`,
    labels,
    request: certificateRequest(keys, name),
  }));
  const apartMs = Math.abs(Date.now() - joined.nowUnixMs);
  const installed = await installJoined(options, {
    name,
    address: joined.address,
    certificate: joined.certificate,
    authority,
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    allow: [joined.coordinatorAddress, ...options.allow],
  });
  const document = {
    name,
    trustDomain: token.trustDomain,
    address: joined.address,
    clockApartMs: apartMs,
    ...installed,
  };
  if (isJson) return print(exitCodes.done, document);
  process.stdout.write(`${name} has joined ${token.trustDomain} and is reached at ${joined.address}\n`);
  for (const file of installed.files) process.stdout.write(`wrote ${file}\n`);
  process.stdout.write(`${installed.service}\n`);
  if (apartMs > clockApartMaxMs) {
    process.stderr.write(
      `leash-agent: the clocks of this host and of the coordinator are ${Math.round(apartMs / 1000)} s apart: set up NTP\n`,
    );
  }
  return exitCodes.done;
}

async function tokenText(file: string | undefined): Promise<string> {
  if (file !== undefined) return readFileSync(file, 'utf8');
  if (process.stdin.isTTY) process.stderr.write('leash-agent: paste the join token, then Ctrl-D\n');
  return text(process.stdin);
}

function doorOf(coordinator: string): FleetDoor {
  const match = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(coordinator);
  const number = Number(match?.[2]);
  if (!match?.[1] || number < 1 || number > 65_535) {
    throw new InvalidInput('the coordinator', coordinator, 'must be HOST:PORT, of its --http');
  }
  return { host: match[1], port: number };
}
