/** Lets hosts join: a token and a request for a certificate come in, a certificate goes out, and the host is in the fleet. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { certifyRequest } from '../ca/certificate-authority.ts';
import { type InventoryHost, readAddress } from '../fleet/inventory.ts';
import { findJoinGrant, hostLabels, hostName, type JoinRefusal, takeJoinGrant } from './join-tokens.ts';
import type { JoinedHosts } from './joined-hosts.ts';

export interface EnrolmentOptions {
  /** Of the authority that issues. */
  readonly authorityDirectory: string;
  readonly tokensDirectory: string;
  readonly joined: JoinedHosts;
  /** Whether a host of this name is in the inventory that people write. */
  isListed(name: string): boolean;
  unixMs(): number;
  /** Intent before act. */
  audit(entry: {
    readonly by: string;
    readonly action: string;
    readonly subject: string;
    readonly detail: string;
  }): Promise<void>;
  /** The fleet takes it up. */
  add(host: InventoryHost): void;
}

export interface Joined {
  readonly name: string;
  readonly certificate: string;
  readonly authority: string;
  readonly nowUnixMs: number;
}

export interface Enrolment {
  /** The certificate of the authority, which is no secret. */
  authority(): string;
  /** @param document of a stranger. @throws JoinRefused */
  join(document: unknown): Promise<Joined>;
}

export class JoinRefused extends Error {
  constructor(
    readonly reason: JoinRefusal | 'invalid' | 'joined-before',
    message: string,
  ) {
    super(message);
    this.name = 'JoinRefused';
  }
}

const schema = z.strictObject({
  secret: z.string().regex(/^[\w-]{43}$/),
  name: hostName,
  address: z.string().max(300),
  labels: hostLabels.default({}),
  request: z.string().max(8192),
});

const words: Readonly<Record<JoinRefusal, string>> = {
  unknown: 'this token is not known here: it is of another fleet, or was never made; make one by leash join-token',
  used: 'this token has been used already, and works once; make another by leash join-token',
  expired: 'this token has expired; make another by leash join-token, and mind the clocks',
  'other-host': 'this token is for a host of another name; make one for this host by leash join-token --name',
};

export function createEnrolment(options: EnrolmentOptions): Enrolment {
  const { authorityDirectory, tokensDirectory, joined } = options;
  const authority = readFileSync(join(authorityDirectory, 'ca.crt'), 'utf8');
  // Told now, and not when the first host comes.
  new X509Certificate(authority);
  return {
    authority: () => authority,
    async join(document) {
      const parsed = schema.safeParse(document);
      if (!parsed.success) {
        const { path, message } = parsed.error.issues[0] ?? { path: [], message: 'is not right' };
        throw new JoinRefused('invalid', `${path.join('.') || 'the request'}: ${message}`);
      }
      const { secret, name, request } = parsed.data;
      const address = readAddress(parsed.data.address);
      if (address?.kind !== 'tcp') throw new JoinRefused('invalid', 'address: must be HOST:PORT');
      const grant = findJoinGrant(tokensDirectory, secret, name, options.unixMs());
      if (typeof grant === 'string') throw new JoinRefused(grant, words[grant]);
      const isKnown = options.isListed(name) || joined.hosts().some((host) => host.name === name);
      if (grant.name === undefined && isKnown) {
        const wayOut = `make a token for it alone by leash join-token --name ${name}`;
        throw new JoinRefused('joined-before', `a host called ${name} is in the fleet already; ${wayOut}`);
      }
      const host = { name, address, labels: { ...parsed.data.labels, ...grant.labels } };
      await options.audit({ by: 'join token', action: 'join', subject: name, detail: parsed.data.address });
      // Issued before the token is taken: a request that is not right costs no token, and what is lost reaches nobody.
      const certificate = await certifyRequest(authorityDirectory, {
        request,
        role: 'agent',
        name,
        hosts: [address.host],
        nowUnixMs: options.unixMs(),
      }).catch((error: unknown) => {
        throw error instanceof InvalidInput ? new JoinRefused('invalid', error.message) : error;
      });
      if (!takeJoinGrant(tokensDirectory, secret)) throw new JoinRefused('used', words.used);
      await joined.add(host);
      if (!isKnown) options.add(host);
      return { name, certificate, authority, nowUnixMs: options.unixMs() };
    },
  };
}
