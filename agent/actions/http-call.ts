/** Calls an address that the host's policy lists; nothing is sent but the request line, and redirects are not followed. */
import { type ActionKind, actionWithinMs } from './action.ts';

export const httpCall: ActionKind<'http-call'> = {
  kind: 'http-call',
  refusal({ url }, { rollback }) {
    if (rollback.call.includes(url)) return undefined;
    return `${url} is not among the addresses of rollback.call (${rollback.call.join(', ') || 'none'})`;
  },
  async run({ method, url }) {
    try {
      const response = await fetch(url, { method, redirect: 'manual', signal: AbortSignal.timeout(actionWithinMs) });
      await response.body?.cancel();
      return { isDone: response.ok, seen: `answered ${response.status}` };
    } catch (error) {
      const { message, cause } = error as Error;
      return { isDone: false, seen: cause instanceof Error ? cause.message : message };
    }
  },
};
