/** Certificates of every broken kind, shown to a real agent and a real coordinator, and to its own side of a call. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../coordinator/ca/certificate-authority.ts';
import { leash } from '../../proto/codec.ts';
import { agentService } from '../../proto/services.ts';
import { createTlsCredentials } from '../../shared/tls-client.ts';
import { loadTlsFiles } from '../../shared/tls-files.ts';
import { createAgentClient } from '../rig/agent.ts';
import { type Besieged, startBesieged } from '../rig/besieged.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { freePort } from '../rig/free-port.ts';
import { extendedUsages, issueOddCertificate, type OddCertificate } from '../rig/odd-certificate.ts';
import { until } from '../rig/until.ts';

const good = { type: 'url', value: 'spiffe://leash.test/coordinator/odd' } as const;
const dayMs = 86_400_000;

/** What both programs of a fleet say to a certificate, in their audits. */
describe('a connection is closed, and the audit says why', () => {
  let rig: FleetRig;
  let doors: readonly { readonly program: string; readonly port: number; readonly state: string }[];
  const directory = makeTestDirectory();
  beforeAll(async () => {
    const port = await freePort();
    rig = await startFleetRig({ hosts: 1, serve: ['--listen', `127.0.0.1:${port}`] });
    const [host] = rig.hosts;
    doors = [
      { program: 'agent', port: Number(host?.address.split(':')[1]), state: host?.agent.directories[1] ?? '' },
      { program: 'coordinator', port, state: join(rig.directory.path, 'coordinator') },
    ];
  });
  afterAll(async () => {
    await rig.dispose();
    directory.remove();
  });

  /** Whether a call gets an answer over a connection with this certificate. Shown raw, for clients of ours refuse to. */
  function isAnswered(port: number, tlsDirectory: string | undefined, name = 'odd'): Promise<boolean> {
    const read = (file: string): Buffer => readFileSync(join(tlsDirectory ?? '', file));
    const files = tlsDirectory === undefined ? {} : { cert: read(`${name}.crt`), key: read(`${name}.key`) };
    return new Promise((resolve) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        ...files,
        rejectUnauthorized: false,
        ALPNProtocols: ['h2'],
        // An attacker's own side minds no weak key.
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      socket.on('error', () => resolve(false));
      socket.on('close', () => resolve(false));
      socket.on('secureConnect', () => socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'));
      // The settings of an HTTP/2 server: the connection was let in.
      socket.on('data', () => {
        socket.destroy();
        resolve(true);
      });
    });
  }

  const authority = (): string => join(rig.directory.path, 'ca');
  async function odd(certificate: OddCertificate): Promise<string> {
    const outDirectory = directory.sub(`odd-${Math.random()}`);
    await issueOddCertificate(authority(), outDirectory, certificate);
    return outDirectory;
  }

  const refusals = (state: string): readonly string[] =>
    readFileSync(join(state, 'audit.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"action":"connection-refused"'))
      .map((line) => JSON.parse(line).entry.detail);

  async function expectTurnedAway(tlsDirectory: string | undefined, reason: string, name?: string): Promise<void> {
    for (const { program, port, state } of doors) {
      const before = refusals(state).length;
      expect(await isAnswered(port, tlsDirectory, name), program).toBe(false);
      const [why] = await until(`the ${program} says why`, () => {
        const told = refusals(state).slice(before);
        return told.length > 0 && told;
      });
      expect(why, program).toContain(reason);
    }
  }

  it('unless its certificate is right, which this test can tell', async () => {
    const right = await odd({ names: [good] });
    for (const { program, port } of doors) expect(await isAnswered(port, right), program).toBe(true);
    const rsa = await odd({ names: [good], rsaBits: 3072 });
    for (const { program, port } of doors) expect(await isAnswered(port, rsa), program).toBe(true);
  });

  it('without a certificate', () => expectTurnedAway(undefined, 'no certificate was shown'));

  it('with one of another authority', async () => {
    const other = directory.sub('other-ca');
    await createAuthority({ directory: other, trustDomain: 'leash.test', nowUnixMs: Date.now() });
    const outDirectory = join(directory.path, 'other');
    await issueCertificate(other, { role: 'coordinator', name: 'odd', outDirectory, nowUnixMs: Date.now() });
    // Of the same name, but of another key: the signature is what does not fit.
    await expectTurnedAway(outDirectory, 'authority');
  });

  const now = Date.now();
  const noUri = 'has no URI name';
  it.each<[string, OddCertificate, string]>([
    ['signed by itself', { names: [good], isSelfSigned: true }, 'signed by itself'],
    ['expired', { names: [good], notBeforeUnixMs: now - 2 * dayMs, notAfterUnixMs: now - 1000 }, 'has expired'],
    [
      'not yet valid',
      { names: [good], notBeforeUnixMs: now + dayMs, notAfterUnixMs: now + 2 * dayMs },
      'not valid yet',
    ],
    ['for servers only', { names: [good], usages: [extendedUsages.server] }, 'not for this use'],
    ['for signing code', { names: [good], usages: [extendedUsages.codeSigning] }, 'not for this use'],
    ['without any name', { names: [] }, noUri],
    ['with a DNS name only', { names: [{ type: 'dns', value: 'coordinator.leash.test' }] }, noUri],
    ['with a URI in a DNS name', { names: [{ type: 'dns', value: `a, URI:${good.value}` }] }, noUri],
    ['with a wildcard', { names: [{ type: 'url', value: 'spiffe://leash.test/coordinator/*' }] }, 'must be spiffe://'],
    [
      'with a wildcard for the role',
      { names: [{ type: 'url', value: 'spiffe://leash.test/*/odd' }] },
      'must be one of',
    ],
    ['with two URI names', { names: [good, { type: 'url', value: 'spiffe://leash.test/viewer/odd' }] }, '2 URI names'],
    ['with a role that is none', { names: [{ type: 'url', value: 'spiffe://leash.test/root/odd' }] }, 'must be one of'],
    ['with a path too long', { names: [{ type: 'url', value: `${good.value}/more` }] }, 'must be spiffe://'],
    [
      'of another scheme',
      { names: [{ type: 'url', value: 'https://leash.test/coordinator/odd' }] },
      'must be spiffe://',
    ],
    [
      'of another trust domain',
      { names: [{ type: 'url', value: 'spiffe://other.test/coordinator/odd' }] },
      'of the trust domain other.test',
    ],
    ['of a small RSA key', { names: [good], rsaBits: 1024 }, 'its RSA key has 1024 bits, and at least 2048'],
    ['signed by SHA-1', { names: [good], digest: 'SHA-1' }, 'it is signed by SHA-1'],
  ])('with a certificate that is %s', async (_name, certificate, reason) => {
    await expectTurnedAway(await odd(certificate), reason);
  });

  it('with one that is revoked, by its serial number or by its fingerprint, from the moment the list says so', async () => {
    const revoked = await odd({ names: [good] });
    const other = await odd({ names: [good] });
    const mark = (folder: string) => new X509Certificate(readFileSync(join(folder, 'odd.crt')));
    for (const { program, port } of doors) expect(await isAnswered(port, revoked), program).toBe(true);
    const list = `${mark(revoked).serialNumber} # the laptop was lost\n${mark(other).fingerprint256}\n`;
    for (const { name, role } of [
      { role: 'agent', name: 'host-a' },
      { role: 'coordinator', name: 'main' },
    ]) {
      writeFileSync(join(rig.directory.path, 'tls', `${role}-${name}`, 'deny.list'), list);
    }
    for (const { program, port } of doors) {
      await until(`the ${program} has read it`, async () => !(await isAnswered(port, revoked)));
    }
    await expectTurnedAway(revoked, 'revoked: it is on the deny list: the laptop was lost');
    await expectTurnedAway(other, 'revoked: it is on the deny list');
  });

  it('of a peer that speaks HTTP without TLS', async () => {
    const { connect } = await import('node:http2');
    for (const { port } of doors) {
      const session = connect(`http://127.0.0.1:${port}`);
      const end = await new Promise((resolve) => {
        session.on('error', () => resolve('closed'));
        session.on('close', () => resolve('closed'));
        session.on('remoteSettings', () => resolve('answered'));
      });
      expect(end).toBe('closed');
    }
  });

  it('and nothing was injected meanwhile', () => {
    const audit = readFileSync(join(doors[0]?.state ?? '', 'audit.jsonl'), 'utf8');
    expect(audit).not.toContain('"action":"inject"');
  });
});

/** The other way round: an agent that shows such a certificate is not spoken to. */
describe('a coordinator does not speak to an agent', () => {
  const directory = makeTestDirectory();
  const authority = directory.sub('ca');
  let own: string;
  beforeAll(async () => {
    await createAuthority({ directory: authority, trustDomain: 'leash.test', nowUnixMs: Date.now() });
    own = join(directory.path, 'main');
    await issueCertificate(authority, { role: 'coordinator', name: 'main', outDirectory: own, nowUnixMs: Date.now() });
  });
  afterAll(() => directory.remove());

  const agentName = { type: 'url', value: 'spiffe://leash.test/agent/web-1' } as const;
  const both = [extendedUsages.client, extendedUsages.server];

  /** The error of a call by the coordinator's own credentials, or undefined where there is an answer. */
  async function errorOfCall(certificate: OddCertificate, isRevoked = false): Promise<string | undefined> {
    const folder = directory.sub(`agent-${Math.random()}`);
    await issueOddCertificate(authority, folder, certificate);
    const [cert, key] = [readFileSync(join(folder, 'odd.crt')), readFileSync(join(folder, 'odd.key'))];
    const list = join(own, 'deny.list');
    writeFileSync(list, isRevoked ? `${new X509Certificate(cert).serialNumber} # stolen\n` : '');
    const server = createSecureServer({ cert, key, ciphers: 'DEFAULT@SECLEVEL=0', minVersion: 'TLSv1.3' });
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const credentials = createTlsCredentials(loadTlsFiles(own), { role: 'agent', name: 'web-1' });
    const client = createAgentClient(`127.0.0.1:${port}`, credentials, { 'grpc.use_local_subchannel_pool': 1 });
    const error = await client.call('describe', {}).then(
      () => undefined,
      (failure: ServiceError) => failure,
    );
    client.close();
    server.close();
    return error?.code === status.UNIMPLEMENTED ? undefined : error?.details;
  }

  it('unless its certificate is right, which this test can tell', async () => {
    expect(await errorOfCall({ names: [agentName], usages: both })).toBeUndefined();
  });

  const now = Date.now();
  it.each<[string, OddCertificate, string]>([
    ['signed by itself', { names: [agentName], isSelfSigned: true }, 'self-signed certificate'],
    [
      'expired',
      { names: [agentName], notBeforeUnixMs: now - 2 * dayMs, notAfterUnixMs: now - 1000 },
      'certificate has expired',
    ],
    [
      'not yet valid',
      { names: [agentName], notBeforeUnixMs: now + dayMs, notAfterUnixMs: now + 2 * dayMs },
      'certificate is not yet valid',
    ],
    ['for clients only', { names: [agentName], usages: [extendedUsages.client] }, 'certificate purpose'],
    ['without any name', { names: [] }, 'has no URI name'],
    ['with two URI names', { names: [agentName, good] }, '2 URI names'],
    [
      'of another host',
      { names: [{ type: 'url', value: 'spiffe://leash.test/agent/web-2' }] },
      'not spiffe://leash.test/agent/web-1',
    ],
    [
      'of another role',
      { names: [{ type: 'url', value: 'spiffe://leash.test/runner/web-1' }] },
      'not spiffe://leash.test/agent/web-1',
    ],
    [
      'of another trust domain',
      { names: [{ type: 'url', value: 'spiffe://other.test/agent/web-1' }] },
      'not spiffe://leash.test/agent/web-1',
    ],
    ['of a small RSA key', { names: [agentName], rsaBits: 1024 }, 'EE certificate key too weak'],
    ['signed by SHA-1', { names: [agentName], digest: 'SHA-1' }, 'digest algorithm too weak'],
  ])('with a certificate that is %s', async (_name, certificate, reason) => {
    expect(await errorOfCall({ usages: both, ...certificate })).toContain(reason);
  });

  it('with one that is revoked', async () => {
    expect(await errorOfCall({ names: [agentName], usages: both }, true)).toContain(
      'revoked: it is on the deny list: stolen',
    );
  });
});

describe('a certificate that runs out while its connection stands', () => {
  let rig: Besieged;
  const lifeMs = 4000;
  beforeAll(async () => {
    rig = await startBesieged();
  });
  afterAll(() => rig.dispose());

  it('is refused by name from then on, in each call and in the streams that stand; a new one works at once', async () => {
    const shortLived = await rig.issue('coordinator', 'brief', lifeMs);
    const endsAtUnixMs = Date.now() + lifeMs;
    const client = rig.client(shortLived);
    const raw = rig.rawClient(shortLived);
    await client.call('describe', {});
    const { session, watch } = agentService;
    const standing = raw.makeBidiStreamRequest(session.path, session.requestSerialize, session.responseDeserialize);
    const watching = raw.makeServerStreamRequest(
      watch.path,
      watch.requestSerialize,
      watch.responseDeserialize,
      new leash.v1.WatchRequest(),
    );
    const ends: Partial<Record<'session' | 'watch', number | undefined>> = {};
    let isWelcome = false;
    standing.on('data', () => {
      isWelcome = true;
    });
    watching.on('data', () => {});
    standing.on('error', (error: ServiceError) => {
      ends.session = error.code;
    });
    watching.on('error', (error: ServiceError) => {
      ends.watch = error.code;
    });
    await until('the session stands', () => isWelcome);

    await until('it has run out', () => Date.now() > endsAtUnixMs);
    const refused = await client.call('describe', {}).then(
      () => 'answered',
      (error: ServiceError) => error,
    );
    expect(refused).toMatchObject({ code: status.PERMISSION_DENIED });
    expect((refused as ServiceError).details).toContain('has expired');
    // Something happens on the host, of which neither stream may tell any more.
    await rig.halt();
    await until('both streams were ended', () => ends.session !== undefined && ends.watch !== undefined);
    expect(ends).toEqual({ session: status.PERMISSION_DENIED, watch: status.PERMISSION_DENIED });

    rmSync(shortLived, { recursive: true });
    const renewed = rig.client(await rig.issue('coordinator', 'brief'));
    expect((await renewed.call('describe', {})).host).toBe('host-a');
  });
});
