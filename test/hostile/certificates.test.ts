/** Certificates of every broken kind, shown to a real agent. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../coordinator/ca/certificate-authority.ts';
import { leash } from '../../proto/codec.ts';
import { agentService } from '../../proto/services.ts';
import { type Besieged, startBesieged } from '../rig/besieged.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { extendedUsages, issueOddCertificate, type OddCertificate } from '../rig/odd-certificate.ts';
import { until } from '../rig/until.ts';

const good = { type: 'url', value: 'spiffe://leash.test/coordinator/odd' } as const;
const dayMs = 86_400_000;

describe('an agent closes a connection', () => {
  const directory = makeTestDirectory();
  let rig: Besieged;
  beforeAll(async () => {
    rig = await startBesieged();
  });
  afterAll(async () => {
    await rig.expectUntouched();
    await rig.dispose();
    directory.remove();
  });

  /** Whether a call gets an answer over a connection with this certificate. Shown raw, for clients of ours refuse to. */
  function isAnswered(tlsDirectory: string | undefined, name = 'odd'): Promise<boolean> {
    const read = (file: string): Buffer => readFileSync(join(tlsDirectory ?? '', file));
    const files = tlsDirectory === undefined ? {} : { cert: read(`${name}.crt`), key: read(`${name}.key`) };
    return new Promise((resolve) => {
      const socket = connectTls({
        host: rig.host,
        port: rig.port,
        ...files,
        rejectUnauthorized: false,
        ALPNProtocols: ['h2'],
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

  async function odd(certificate: OddCertificate): Promise<string> {
    const outDirectory = directory.sub(`odd-${Math.random()}`);
    await issueOddCertificate(rig.authority, outDirectory, certificate);
    return outDirectory;
  }

  it('unless its certificate is right, which this test can tell', async () => {
    expect(await isAnswered(await odd({ names: [good] }))).toBe(true);
  });

  it('without a certificate', async () => {
    expect(await isAnswered(undefined)).toBe(false);
  });

  it('with one of another authority', async () => {
    const authority = directory.sub('other-ca');
    await createAuthority({ directory: authority, trustDomain: 'leash.test', nowUnixMs: Date.now() });
    const outDirectory = join(directory.path, 'other');
    await issueCertificate(authority, { role: 'coordinator', name: 'odd', outDirectory, nowUnixMs: Date.now() });
    expect(await isAnswered(outDirectory)).toBe(false);
  });

  const now = Date.now();
  it.each<[string, OddCertificate]>([
    ['signed by itself', { names: [good], isSelfSigned: true }],
    ['expired', { names: [good], notBeforeUnixMs: now - 2 * dayMs, notAfterUnixMs: now - 1000 }],
    ['not yet valid', { names: [good], notBeforeUnixMs: now + dayMs, notAfterUnixMs: now + 2 * dayMs }],
    ['for servers only', { names: [good], usages: [extendedUsages.server] }],
    ['for signing code', { names: [good], usages: [extendedUsages.codeSigning] }],
    ['without any name', { names: [] }],
    ['with a DNS name only', { names: [{ type: 'dns', value: 'coordinator.leash.test' }] }],
    ['with a URI in a DNS name', { names: [{ type: 'dns', value: `a, URI:${good.value}` }] }],
    ['with a wildcard', { names: [{ type: 'url', value: 'spiffe://leash.test/coordinator/*' }] }],
    ['with a wildcard for the role', { names: [{ type: 'url', value: 'spiffe://leash.test/*/odd' }] }],
    ['with two URI names', { names: [good, { type: 'url', value: 'spiffe://leash.test/viewer/odd' }] }],
    ['with a role that is none', { names: [{ type: 'url', value: 'spiffe://leash.test/root/odd' }] }],
    ['with a path too long', { names: [{ type: 'url', value: `${good.value}/more` }] }],
    ['of another scheme', { names: [{ type: 'url', value: 'https://leash.test/coordinator/odd' }] }],
    ['of another trust domain', { names: [{ type: 'url', value: 'spiffe://other.test/coordinator/odd' }] }],
  ])('with a certificate that is %s', async (_name, certificate) => {
    expect(await isAnswered(await odd(certificate))).toBe(false);
  });

  it('of a peer that speaks HTTP without TLS', async () => {
    const { connect } = await import('node:http2');
    const session = connect(`http://${rig.host}:${rig.port}`);
    const end = await new Promise((resolve) => {
      session.on('error', () => resolve('closed'));
      session.on('close', () => resolve('closed'));
      session.on('remoteSettings', () => resolve('answered'));
    });
    expect(end).toBe('closed');
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
