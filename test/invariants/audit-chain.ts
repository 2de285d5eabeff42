/** S14: the audit has no gap, and nothing that was acknowledged is missing from it. */
import { createHash } from 'node:crypto';
import { type Invariant, type Violation, violationOf } from './invariant.ts';
import type { AuditSeen, Observation } from './observation.ts';

const violation = violationOf('S14');

export const auditChain: Invariant = {
  id: 'S14',
  claim: 'the audit is one chain without a gap, and has every inject that was acknowledged before it was read',
  check: (seen) => seen.audits.flatMap((audit) => [...broken(audit), ...forgotten(seen, audit)]),
};

/** Each line carries its number, the hash of the line before it, and the hash of its own text up to there. */
function broken({ host, atMs, lines }: AuditSeen): readonly Violation[] {
  let previous = '0'.repeat(64);
  for (const [index, line] of lines.entries()) {
    const cut = line.lastIndexOf(',"hash":"');
    const body = line.slice(0, cut);
    const hash = line.slice(cut + 9, cut + 73);
    const isOwn = cut > 0 && createHash('sha256').update(body).digest('hex') === hash;
    const isNext = body.startsWith(`{"sequence":${index + 1},"previous":"${previous}"`);
    if (!isOwn || !isNext)
      return [violation(host, atMs, `line ${index + 1} of the audit does not follow the one before`)];
    previous = hash;
  }
  return [];
}

function forgotten(seen: Observation, { host, atMs, lines }: AuditSeen): readonly Violation[] {
  const text = lines.join('\n');
  return seen.exchanges.flatMap(({ host: where, ask, answer }) => {
    if (where !== host || ask.type !== 'inject' || answer?.kind !== 'done' || answer.atMs > atMs) return [];
    if (text.includes(ask.key)) return [];
    return [violation(host, atMs, `the inject ${ask.key} was acknowledged and is not in the audit`)];
  });
}
