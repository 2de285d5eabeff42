/** `oidc` of the coordinator's own file: which provider of identities names people. */
import { z } from 'zod';
import type { OidcSettings } from '../identity/oidc.ts';

const claim = z.string().regex(/^[\w:/.-]{1,128}$/, 'must be the name of a claim');

export const oidcSchema = z.strictObject({
  issuer: z
    .string()
    .max(2000)
    .regex(/^https:\/\/[^\s@]+$/, 'must be an https:// address'),
  clientId: z.string().min(1).max(255),
  nameClaim: claim.optional(),
  groupsClaim: claim.optional(),
  ca: z
    .string()
    .regex(/^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/, 'must be an absolute path without ..')
    .optional(),
});

export function compileOidc({
  issuer,
  clientId,
  nameClaim = 'email',
  groupsClaim = 'groups',
  ca,
}: z.output<typeof oidcSchema>): OidcSettings {
  return { issuer, clientId, nameClaim, groupsClaim, ...(ca === undefined ? {} : { caFile: ca }) };
}
