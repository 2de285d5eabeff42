/**
 * Names people by the ID tokens of an OpenID Connect provider (OpenID Connect Core 1.0, section 3.1.3.7). The keys of
 * the provider are kept for a while, so that a short silence of it locks nobody out; who has no token that can be
 * checked is nobody, and a halt by certificate needs none of this.
 */
import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { Refused } from '../../proto/refused.ts';
import type { Peer } from '../../shared/peer.ts';
import { askJson } from '../permits/ask-json.ts';

export interface OidcSettings {
  /** As the provider writes it: "https://id.example.com". */
  readonly issuer: string;
  readonly clientId: string;
  /** What a person is called by. An email counts only where the provider has verified it. */
  readonly nameClaim: string;
  readonly groupsClaim: string;
  readonly caFile?: string;
}

type Bearer = Extract<Peer, { readonly kind: 'bearer' }>;

const deadlineMs = 2000;
const keysKeptMs = 3_600_000;
/** A token with a key that is not known makes us ask for the keys again, and no oftener than this. */
const askAgainMs = 10_000;
const clockToleranceSeconds = 30;
const groupsMax = 500;
const nameLengthMax = 255;
/** Signatures with a key that we cannot forge: none of those with a shared secret, and not "none". */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

export interface Oidc {
  /** @throws Refused for a token that is none, has run out, is for somebody else, or cannot be checked now. */
  verify(token: string): Promise<Bearer>;
}

export function openOidc(settings: OidcSettings, nowMs: () => number = Date.now): Oidc {
  let kept: { readonly keys: JSONWebKeySet; readonly atMs: number } | undefined;
  let asked: { readonly atMs: number; readonly keys: Promise<JSONWebKeySet> } | undefined;

  /** One question at a time, and none while the last one is fresh, whether it was answered or not. */
  function askForKeys(): Promise<JSONWebKeySet> {
    if (!asked || nowMs() - asked.atMs >= askAgainMs) {
      const keys = fetchKeys(settings);
      keys.then(
        (found) => {
          kept = { keys: found, atMs: nowMs() };
        },
        () => undefined,
      );
      asked = { atMs: nowMs(), keys };
    }
    return asked.keys;
  }

  async function check(token: string, keys: JSONWebKeySet): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      issuer: settings.issuer,
      audience: settings.clientId,
      algorithms,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'iat', 'sub'],
      currentDate: new Date(nowMs()),
    });
    return payload;
  }

  return {
    async verify(token) {
      if (token.split('.').length !== 3) throw refused('the token is neither one of ours nor an ID token');
      const isFresh = kept !== undefined && nowMs() - kept.atMs < keysKeptMs;
      try {
        const keys = isFresh && kept ? kept.keys : await askForKeys();
        const payload = await check(token, keys).catch(async (error: unknown) => {
          if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
          return check(token, await askForKeys());
        });
        return bearerOf(payload, settings);
      } catch (error) {
        if (error instanceof Refused) throw error;
        const isOurs = error instanceof errors.JOSEError;
        throw refused(
          isOurs ? `the token: ${error.message}` : `the token cannot be checked now: ${(error as Error).message}`,
        );
      }
    },
  };
}

async function fetchKeys({ issuer, caFile }: OidcSettings): Promise<JSONWebKeySet> {
  const ca = caFile === undefined ? undefined : await readFile(caFile);
  const ask = async (url: string): Promise<Record<string, unknown>> => {
    if (!url.startsWith('https://')) throw new Error(`${url} is not https://`);
    const { status, document } = await askJson({ url, method: 'GET', ca, deadlineMs });
    if (status === 200 && typeof document === 'object' && document !== null) return document as Record<string, unknown>;
    throw new Error(`${url} answered ${status}`);
  };
  const about = await ask(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (about.issuer !== issuer) throw new Error(`${issuer} calls itself ${String(about.issuer)}`);
  if (typeof about.jwks_uri !== 'string') throw new Error(`${issuer} names no keys`);
  const keys = await ask(about.jwks_uri);
  if (!Array.isArray(keys.keys)) throw new Error(`${about.jwks_uri} has no keys`);
  return keys as unknown as JSONWebKeySet;
}

function bearerOf(payload: JWTPayload, { nameClaim, groupsClaim, clientId }: OidcSettings): Bearer {
  // A token for several is for us only where we are the one that asked for it (section 3.1.3.7, steps 4 and 5).
  if (Array.isArray(payload.aud) && payload.aud.length > 1 && payload.azp !== clientId) {
    throw refused('the token is for several, and was not asked for by this client');
  }
  const name = payload[nameClaim];
  if (typeof name !== 'string' || name === '' || name.length > nameLengthMax || /[^\x21-\x7e]/.test(name)) {
    throw refused(`the token has no ${nameClaim} that can be a name`);
  }
  if (nameClaim === 'email' && payload.email_verified !== true) {
    throw refused(`the provider has not verified that ${name} is whose token this is`);
  }
  const written = payload[groupsClaim] ?? [];
  const groups = Array.isArray(written) ? written : [written];
  if (groups.length > groupsMax)
    throw refused(`the token names ${groups.length} groups, at most ${groupsMax} are read`);
  return {
    kind: 'bearer',
    name: `oidc:${name}`,
    groups: groups.filter((group): group is string => typeof group === 'string' && group !== ''),
    notAfterUnixMs: (payload.exp as number) * 1000,
  };
}

function refused(message: string): Refused {
  return new Refused([{ reason: 'role-not-allowed', message }]);
}
