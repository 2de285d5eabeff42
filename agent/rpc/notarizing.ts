/** What a session carries for the audits of both sides: checkpoints one way, countersignatures the other. */
import type { leash } from '../../proto/codec.ts';
import {
  checkpointFromWire,
  checkpointToWire,
  countersignatureFromWire,
  countersignatureToWire,
} from '../../shared/audit-checkpoint.ts';
import type { AgentContext } from './context.ts';

export interface Notarizing {
  /** After the welcome: from now on, checkpoints of ours go out. */
  join(): void;
  /** What goes wrong here is told to the log alone: the session has more to do. */
  hear(request: leash.v1.ISessionRequest): void;
  leave(): void;
}

export function isNotarial(request: leash.v1.ISessionRequest): boolean {
  return Boolean(request.checkpoint || request.countersignature);
}

export function notarizeWith(
  { notary, warn }: AgentContext,
  name: string,
  send: (reply: leash.v1.ISessionReply) => void,
): Notarizing {
  let hasLeft = false;
  let leaveNotary = (): void => undefined;

  async function answer({ checkpoint, countersignature }: leash.v1.ISessionRequest): Promise<void> {
    if (countersignature) await notary?.keep(name, countersignatureFromWire(countersignature));
    if (!checkpoint || !notary) return;
    const given = await notary.witness(name, checkpointFromWire(checkpoint));
    if (!hasLeft) send({ countersignature: countersignatureToWire(given) });
  }

  return {
    join() {
      if (hasLeft || !notary) return;
      leaveNotary = notary.join({ name, send: (checkpoint) => send({ checkpoint: checkpointToWire(checkpoint) }) });
    },
    hear(request) {
      answer(request).catch((error: unknown) => warn?.(`a checkpoint between this agent and ${name}`, error));
    },
    leave() {
      hasLeft = true;
      leaveNotary();
    },
  };
}
