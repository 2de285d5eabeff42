import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loginByDevice } from '../../../../coordinator/client/device-login.ts';
import { createAuthenticate } from '../../../../coordinator/identity/authenticate.ts';
import { openOidc } from '../../../../coordinator/identity/oidc.ts';
import { fillInForms } from '../../../rig/browser.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';
import { freePort } from '../../../rig/free-port.ts';
import { makeServerCertificate } from '../../../rig/server-certificate.ts';
import { type SideProcess, startSideProcess } from '../../../rig/side-process.ts';

describe('the ID token of a real provider', () => {
  let directory: TestDirectory;
  let provider: SideProcess<never>;
  let issuer: string;
  let ca: string;
  let token: string;

  beforeAll(async () => {
    directory = makeTestDirectory();
    const { cert, key } = await makeServerCertificate(directory.path);
    ca = cert;
    const port = await freePort();
    issuer = `https://127.0.0.1:${port}`;
    const program = new URL('../../../rig/identity-provider.mjs', import.meta.url).pathname;
    provider = await startSideProcess([process.execPath, program, cert, key, String(port)]);
    token = await login('alice');
  }, 60_000);
  afterAll(async () => {
    await provider?.stop().catch(() => undefined);
    directory?.remove();
  });

  /** By the device flow; a browser elsewhere says yes. */
  async function login(who: string): Promise<string> {
    let page: Promise<string> | undefined;
    const { idToken } = await loginByDevice({
      issuer,
      clientId: 'leash',
      scope: 'openid email groups',
      ca: readFileSync(ca),
      show: (address) => {
        page = fillInForms(address, readFileSync(ca), { login: who, password: 'any' });
      },
    });
    expect(await page).toContain('Sign-in Success');
    return idToken;
  }
  const settings = () => ({ issuer, clientId: 'leash', nameClaim: 'email', groupsClaim: 'groups', caFile: ca });

  it('names a person and their groups until it runs out', async () => {
    const oidc = openOidc(settings());
    const peer = await oidc.verify(token);
    expect(peer).toMatchObject({ kind: 'bearer', name: 'oidc:alice@example.com', groups: ['sre'] });
    const later = openOidc(settings(), () => peer.notAfterUnixMs + 60_000);
    await expect(later.verify(token)).rejects.toThrow('"exp" claim timestamp check failed');
  });

  it('is none for another client, of another issuer, changed, unsigned, or signed with a shared secret', async () => {
    await expect(openOidc({ ...settings(), clientId: 'other' }).verify(token)).rejects.toThrow('unexpected "aud"');
    await expect(openOidc({ ...settings(), issuer: `${issuer}/` }).verify(token)).rejects.toThrow('calls itself');
    const [head = '', body = '', signature = ''] = token.split('.');
    const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const oidc = openOidc(settings());
    for (const forged of [
      `${head}.${encoded({ ...claims, groups: ['admin'] })}.${signature}`,
      `${encoded({ alg: 'none' })}.${body}.`,
      `${encoded({ alg: 'HS256' })}.${body}.${signature}`,
      'not.a.token',
      'guess',
    ]) {
      await expect(oidc.verify(forged)).rejects.toThrow(/the token/);
    }
  });

  it('is none by an email that the provider has not verified', async () => {
    await expect(openOidc(settings()).verify(await login('mallory'))).rejects.toThrow('has not verified that alice@');
  }, 30_000);

  it('cannot be checked while the provider is down, unless its keys are known; a token of ours asks nobody', async () => {
    const knowing = openOidc(settings());
    await knowing.verify(token);
    await provider.stop().catch(() => undefined);
    expect((await knowing.verify(token)).name).toBe('oidc:alice@example.com');
    const unknowing = openOidc(settings());
    await expect(unknowing.verify(token)).rejects.toThrow('the token cannot be checked now');
    const sha256 = 'd0cb6ba1d5ff6d72eba92aab51a0b2b5a1e94ac2f6f7d6d0c0ae8ab9c0d2a1bb';
    const ours = { name: 'ci', sha256, match: [], may: [], createdAtUnixMs: 0 };
    const authenticate = createAuthenticate({ tokens: async () => [ours], oidc: unknowing });
    await expect(authenticate('guess')).rejects.toThrow('neither one of ours nor an ID token');
  });
});
