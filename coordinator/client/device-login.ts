/** Logging in at a provider of identities from a terminal: the device authorization grant (RFC 8628). */
import {
  type Configuration,
  customFetch,
  discovery,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
} from 'openid-client';
import { fetchWithCa } from './fetch-with-ca.ts';

export interface LoginOrder {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  /** PEM; the authorities that Node knows where it is left out. */
  readonly ca: Buffer | undefined;
  /** Told what to open, and the code to type there. */
  show(address: string, code: string): void;
}

export interface Login {
  readonly idToken: string;
  readonly expiresAtUnixMs: number;
}

const waitMaxMs = 15 * 60_000;

/** Resolves when the person has said yes in their browser. @throws Error when they did not, or the provider does not answer. */
export async function loginByDevice({ issuer, clientId, scope, ca, show }: LoginOrder): Promise<Login> {
  const fetch = fetchWithCa(ca);
  const configuration: Configuration = await discovery(new URL(issuer), clientId, undefined, None(), {
    [customFetch]: fetch,
  });
  configuration[customFetch] = fetch;
  const device = await initiateDeviceAuthorization(configuration, { scope });
  show(device.verification_uri_complete ?? device.verification_uri, device.user_code);
  const signal = AbortSignal.timeout(Math.min(device.expires_in * 1000, waitMaxMs));
  const tokens = await pollDeviceAuthorizationGrant(configuration, device, undefined, { signal });
  const claims = tokens.claims();
  if (tokens.id_token === undefined || !claims) throw new Error(`${issuer} gave no ID token; is openid in --scope?`);
  return { idToken: tokens.id_token, expiresAtUnixMs: claims.exp * 1000 };
}
