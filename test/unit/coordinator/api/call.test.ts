import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { statusOf } from '../../../../coordinator/api/call.ts';
import { RunRefused, UnknownRun } from '../../../../coordinator/engine/errors.ts';
import { FileProblems } from '../../../../coordinator/experiment/file-problem.ts';
import { google } from '../../../../proto/codec.ts';
import { InvalidInput } from '../../../../proto/invalid-input.ts';

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
