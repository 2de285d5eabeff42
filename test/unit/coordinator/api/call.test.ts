import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { admitPeer, statusOf } from '../../../../coordinator/api/call.ts';
import { rolesAllowed } from '../../../../coordinator/api/roles.ts';
import { RunRefused, UnknownRun } from '../../../../coordinator/engine/errors.ts';
import { FileProblems } from '../../../../coordinator/experiment/file-problem.ts';
import { google } from '../../../../proto/codec.ts';
import { InvalidInput } from '../../../../proto/invalid-input.ts';
import { type Role, roles } from '../../../../proto/role.ts';
import { type CoordinatorMethod, coordinatorService } from '../../../../proto/services.ts';

const peer = (role: Role, notAfterUnixMs = 2000) =>
  ({ kind: 'certificate', principal: { trustDomain: 'test', role, name: 'alice' }, notAfterUnixMs }) as const;
const may = (role: Role, method: CoordinatorMethod): boolean => {
  try {
    return admitPeer(peer(role), method, 1000) === `spiffe://test/${role}/alice`;
  } catch {
    return false;
  }
};

describe('who may do what', () => {
  it('is said for every method and every role, and no agent may call anything', () => {
    expect(Object.keys(rolesAllowed).sort()).toEqual(Object.keys(coordinatorService).sort());
    for (const method of Object.keys(coordinatorService) as CoordinatorMethod[]) {
      expect(may('agent', method)).toBe(false);
      for (const role of roles) expect(may(role, method)).toBe(rolesAllowed[method].includes(role));
    }
  });

  it('makes the right to halt wider than the right to run, and leaves rearming to few', () => {
    expect(rolesAllowed.haltFleet).toEqual(expect.arrayContaining([...rolesAllowed.start]));
    expect(rolesAllowed.haltFleet.length).toBeGreaterThan(rolesAllowed.start.length);
    expect(rolesAllowed.rearmFleet).toEqual(['rearmer']);
    expect(may('halter', 'rearmFleet')).toBe(false);
  });

  it('is asked at each call: a certificate that ran out is refused in the middle of a connection', () => {
    expect(() => admitPeer(peer('runner', 1000), 'start', 1000)).toThrow('has expired');
  });

  it('leaves a stranger on the local socket the hosts and the halt', () => {
    const stranger = { kind: 'local', uid: 54_321, pid: 1, loginUid: undefined } as const;
    expect(admitPeer(stranger, 'haltFleet', 0)).toBe('uid:54321');
    expect(() => admitPeer(stranger, 'start', 0)).toThrow('may not start');
  });
});

describe('the status of an error', () => {
  const detailsOf = (error: unknown) => {
    const [bytes] = statusOf(error).metadata?.get('grpc-status-details-bin') ?? [];
    const { details } = google.rpc.Status.decode(bytes as Buffer);
    return (details ?? []).map((detail) => google.rpc.ErrorInfo.decode(detail.value as Uint8Array));
  };

  it('of a file has each problem by line and column, for people and for programs', () => {
    const error = new FileProblems([
      { file: 'a.yaml', line: 3, column: 7, message: 'is not a known key' },
      { file: 'a.yaml', line: 9, column: 1, message: 'is required' },
    ]);
    expect(statusOf(error)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'a.yaml:3:7: is not a known key\na.yaml:9:1: is required',
    });
    expect(detailsOf(error)[0]).toMatchObject({ reason: 'FILE_PROBLEM', domain: 'leash', metadata: { line: '3' } });
  });

  it('of a refused run has every reason at once', () => {
    const error = new RunRefused([
      { gate: 'halted', passed: false, message: 'the fleet is halted' },
      { gate: 'blast-radius', passed: false, message: '4 processes on host-a, at most 2 allowed' },
    ]);
    expect(statusOf(error).code).toBe(status.FAILED_PRECONDITION);
    expect(detailsOf(error).map((detail) => detail.metadata?.gate)).toEqual(['halted', 'blast-radius']);
  });

  it('tells what is unknown, what is malformed and what is ours to mend', () => {
    expect(statusOf(new UnknownRun('x')).code).toBe(status.NOT_FOUND);
    expect(statusOf(new InvalidInput('run_id', '', 'must be text')).code).toBe(status.INVALID_ARGUMENT);
    expect(statusOf(new Error('oops'))).toMatchObject({ code: status.INTERNAL, details: 'oops' });
  });
});
