/** Which faults a list in a policy, a binding or a token means. */

/** A kind, a family such as "process.*", or "*". */
export const faultPattern = /^(\*|[a-z]+\.(\*|[a-z-]+))$/;

/** @param allowed kinds, families or "*" */
export function allowsFault(allowed: readonly string[], kind: string): boolean {
  return allowed.some(
    (each) => each === '*' || each === kind || (each.endsWith('.*') && kind.startsWith(each.slice(0, -1))),
  );
}
