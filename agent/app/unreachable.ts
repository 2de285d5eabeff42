/** What a local command says when the agent does not answer it, and the exit code for it. */
import { type ServiceError, status } from '@grpc/grpc-js';
import { refusalsOf } from '../../proto/refusal-status.ts';
import { exitCodes } from './exit-code.ts';
import { print } from './print.ts';

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

export function unreachable(error: unknown, socketPath: string, isJson: boolean): number {
  if (!isServiceError(error)) throw error;
  const refusals = refusalsOf(error);
  if (refusals.length > 0) {
    return say(
      error.code === status.PERMISSION_DENIED ? exitCodes.notAllowed : exitCodes.refused,
      error.details,
      isJson,
      {
        refusals,
      },
    );
  }
  if (error.code === status.INVALID_ARGUMENT) return say(exitCodes.usage, error.details, isJson);
  const why = error.code === status.DEADLINE_EXCEEDED ? 'does not answer' : 'is not reachable';
  return say(exitCodes.unreachable, `the agent at ${socketPath} ${why}: ${error.details}`, isJson);
}

function say(code: number, message: string, isJson: boolean, more: object = {}): number {
  if (isJson) return print(code, { error: message, ...more });
  process.stderr.write(`leash-agent: ${message}\n`);
  return code;
}
