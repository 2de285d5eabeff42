/** One door for every call: who asks, whether that role may, and how an error becomes a status. */
import { type handleUnaryCall, type Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { coordinatorMethodRoles } from '../../proto/method-roles.ts';
import { type StatusDetail, statusWith } from '../../proto/refusal-status.ts';
import type { CoordinatorMethod } from '../../proto/services.ts';
import { admitPeer as admitThrough, answering, type CallDoor, commonStatus } from '../../shared/call-door.ts';
import { peerOf } from '../../shared/front-door.ts';
import type { Peer } from '../../shared/peer.ts';
import type { Asker } from '../core/access.ts';
import { RunRefused, UnknownRun } from '../engine/errors.ts';
import type { Access } from './access.ts';

/** How the text of a file is wrong; the reader of experiments throws it. */
interface FileProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Names whoever calls with a token. @throws Refused for a token that is none, or that cannot be checked now. */
export type Authenticate = (token: string) => Promise<Peer>;

export interface CoordinatorDoor {
  /** @throws Refused with the role that is missing, or for a token that is none. */
  admit(call: Call, method: CoordinatorMethod): Promise<Admitted>;
  /** The same, once it is known who calls. @throws Refused */
  admitPeer(peer: Peer, method: CoordinatorMethod): Admitted;
  unary<Request, Answer>(
    method: CoordinatorMethod,
    handle: (
      request: Request,
      by: string,
      asker: Asker,
      /** All that the caller may call, whatever it is called for. */
      methods: readonly CoordinatorMethod[],
    ) => Answer | Promise<Answer>,
  ): handleUnaryCall<Request, Answer>;
}

export interface Admitted {
  readonly peer: Peer;
  readonly asker: Asker;
  /** For calls that go on: the certificate or token may have run out since. @throws Refused */
  again(): void;
}

type Call = Parameters<typeof peerOf>[0] & { readonly metadata: Metadata };

export function createDoor(
  access: Access,
  authenticate: Authenticate,
  unixMs: () => number = Date.now,
): CoordinatorDoor {
  const door: CallDoor<CoordinatorMethod> = {
    program: 'coordinator',
    rolesAllowed: coordinatorMethodRoles,
    localMethods: ['listHosts', 'haltFleet', 'whoAmI'],
    rolesOf: access.rolesOf,
  };
  const check = (peer: Peer, method: CoordinatorMethod): string => admitThrough(door, peer, method, unixMs());

  function admitPeer(peer: Peer, method: CoordinatorMethod): Admitted {
    check(peer, method);
    return { peer, asker: access.askerOf(peer), again: () => void check(peer, method) };
  }

  async function admit(call: Call, method: CoordinatorMethod): Promise<Admitted> {
    const found = peerOf(call);
    const token = found.kind === 'unnamed' ? bearerOf(call.metadata) : undefined;
    return admitPeer(token === undefined ? found : await authenticate(token), method);
  }

  return {
    admit,
    admitPeer,
    unary: (method, handle) =>
      answering(async (call) => {
        const { peer, asker } = await admit(call, method);
        const methods = method === 'whoAmI' || method === 'can' ? methodsOf(peer) : [];
        return handle(call.request, asker.name, asker, methods);
      }, statusOf),
  };

  function methodsOf(peer: Peer): readonly CoordinatorMethod[] {
    return (Object.keys(coordinatorMethodRoles) as CoordinatorMethod[]).filter((method) => {
      try {
        check(peer, method);
        return true;
      } catch {
        return false;
      }
    });
  }
}

/** "authorization: Bearer TOKEN" (RFC 6750) */
function bearerOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get('authorization');
  return /^Bearer ([\w.~+/-]{1,4096}=*)$/.exec(String(value ?? ''))?.[1];
}

export function statusOf(error: unknown): StatusObject {
  if (error instanceof UnknownRun) return statusWith(status.NOT_FOUND, error.message);
  if (error instanceof RunRefused) {
    const details = error.verdicts.map(({ gate, message }) => ({
      reason: 'GATE_REFUSED',
      metadata: { gate, message },
    }));
    return statusWith(status.FAILED_PRECONDITION, error.message, details);
  }
  const problems = fileProblemsOf(error);
  if (problems) {
    const message = problems.map((each) => `${each.file}:${each.line}:${each.column}: ${each.message}`).join('\n');
    return statusWith(status.INVALID_ARGUMENT, message, problems.map(problemDetail));
  }
  return commonStatus(error);
}

/** Told by its shape: this layer does not know the reader of files. */
function fileProblemsOf(error: unknown): readonly FileProblem[] | undefined {
  if (!(error instanceof Error) || !('problems' in error) || !Array.isArray(error.problems)) return undefined;
  return error.problems as readonly FileProblem[];
}

function problemDetail({ file, line, column, message }: FileProblem): StatusDetail {
  return { reason: 'FILE_PROBLEM', metadata: { file, line: String(line), column: String(column), message } };
}
