/** Logging in at a provider of identities from a terminal: the device authorization grant (RFC 8628), and its renewal. */
import {
  type Configuration,
  customFetch,
  discovery,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  refreshTokenGrant,
} from 'openid-client';
import { fetchWithCa } from './fetch-with-ca.ts';

export interface Provider {
  readonly issuer: string;
  readonly clientId: string;
  /** PEM; the authorities that Node knows where it is left out. */
  readonly ca: Buffer | undefined;
}

export interface LoginOrder extends Provider {
  readonly scope: string;
  /** Told what to open, and the code to type there. */
  show(address: string, code: string): void;
}

export interface Login {
  readonly idToken: string;
  readonly expiresAtUnixMs: number;
  /** By which it can be renewed; absent where the provider gives none, which it does only when offline_access is in the scope. */
  readonly refreshToken?: string;
}

export interface RenewalOrder extends Provider {
  readonly refreshToken: string;
}

const waitMaxMs = 15 * 60_000;

/** Resolves when the person has said yes in their browser. @throws Error when they did not, or the provider does not answer. */
export async function loginByDevice({ scope, show, ...provider }: LoginOrder): Promise<Login> {
  const configuration = await discover(provider);
  // OpenID Connect Core, section 11: offline access is given by a consent of its own.
  const consent = scope.split(' ').includes('offline_access') ? { prompt: 'consent' } : undefined;
  const device = await initiateDeviceAuthorization(configuration, { scope, ...consent });
  show(device.verification_uri_complete ?? device.verification_uri, device.user_code);
  const signal = AbortSignal.timeout(Math.min(device.expires_in * 1000, waitMaxMs));
  return loginOf(provider, await pollDeviceAuthorizationGrant(configuration, device, undefined, { signal }));
}

/** Asks nobody but the provider. @throws Error when it says no, or does not answer. */
export async function renewLogin({ refreshToken, ...provider }: RenewalOrder): Promise<Login> {
  const tokens = await refreshTokenGrant(await discover(provider), refreshToken);
  // One that gives no other lets this one be used again (RFC 6749, section 6).
  return { refreshToken, ...loginOf(provider, tokens) };
}

async function discover({ issuer, clientId, ca }: Provider): Promise<Configuration> {
  const fetch = fetchWithCa(ca);
  const found = await discovery(new URL(issuer), clientId, undefined, None(), { [customFetch]: fetch });
  found[customFetch] = fetch;
  return found;
}

function loginOf({ issuer }: Provider, tokens: Awaited<ReturnType<typeof refreshTokenGrant>>): Login {
  const { id_token: idToken, refresh_token: refreshToken } = tokens;
  const claims = tokens.claims();
  if (idToken === undefined || !claims) throw new Error(`${issuer} gave no ID token; is openid in --scope?`);
  return { idToken, expiresAtUnixMs: claims.exp * 1000, ...(refreshToken === undefined ? {} : { refreshToken }) };
}
