/** `access` of the coordinator's own file: who has which role, and where it counts. */
import { z } from 'zod';
import { faultPattern } from '../../proto/fault-pattern.ts';
import { isRole, parsePrincipalUri, type Role, roles } from '../../proto/role.ts';
import { stages } from '../../proto/stage.ts';
import type { AccessRules } from '../core/bindings.ts';

/** An agent and a coordinator are what their certificates say, and nobody else is. */
const bindable = roles.filter((role) => role !== 'agent' && role !== 'coordinator');

const whoWords =
  'must be the role of a certificate, spiffe://TRUST-DOMAIN/ROLE/NAME, oidc:NAME, group:NAME, token:NAME, uid:NUMBER, login:NUMBER or local';
const who = z.string().max(512).refine(isWho, whoWords);
const word = z.string().min(1).max(255);

export const accessSchema = z.strictObject({
  people: z
    .array(z.strictObject({ name: word, is: z.array(who).min(1).max(20) }))
    .max(10_000)
    .optional(),
  bindings: z
    .array(
      z.strictObject({
        who: z.array(who).min(1).max(1000),
        role: z.enum(bindable as [Role, ...Role[]]),
        labels: z.record(word, z.string().max(255)).optional(),
        stages: z.array(z.enum(stages)).min(1).optional(),
        faults: z
          .array(z.string().regex(faultPattern, 'must be a fault, a family such as process.*, or *'))
          .min(1)
          .optional(),
      }),
    )
    .max(10_000)
    .optional(),
});

export function compileAccess({ people = [], bindings }: z.output<typeof accessSchema>): AccessRules {
  if (!bindings) return { people };
  return {
    people,
    bindings: bindings.map(({ who: names, role, labels = {}, stages: where = [], faults = ['*'] }) => ({
      who: names,
      role,
      labels,
      stages: where,
      faults,
    })),
  };
}

function isWho(text: string): boolean {
  if (text === 'local' || isRole(text) || /^(uid|login):\d{1,10}$/.test(text)) return true;
  if (/^(oidc|group|token):\S[^\0\n]*$/.test(text)) return true;
  try {
    parsePrincipalUri(text);
    return true;
  } catch {
    return false;
  }
}
