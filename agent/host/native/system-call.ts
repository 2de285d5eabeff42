/** A system call that failed, by the name of its error (errno(3)), and lazily declared functions of libc. */
import { constants } from 'node:os';
import { type NativeFunction, requireLibc } from '../../../shared/libc.ts';

export class SystemCallError extends Error {
  constructor(
    readonly call: string,
    /** ESRCH, EPERM … */
    readonly code: string,
  ) {
    super(`${call}: ${code}`);
    this.name = 'SystemCallError';
  }

  /** @param number of the error, such as 11 for EAGAIN. */
  static of(call: string, number: number): SystemCallError {
    const name = Object.entries(constants.errno).find(([, value]) => value === number)?.[0];
    return new SystemCallError(call, name ?? `errno ${number}`);
  }
}

/** Declares a function of libc at its first call, so that importing a binding costs nothing. */
export function lazily(prototype: string): NativeFunction {
  let declared: NativeFunction | undefined;
  return (...values) => {
    declared ??= requireLibc().func(prototype);
    return declared(...values);
  };
}

/** The error of the call that has just returned -1. Ask before anything else calls into libc. */
export function lastError(call: string): SystemCallError {
  return SystemCallError.of(call, requireLibc().koffi.errno());
}

/** @returns the result. @throws SystemCallError for a negative one. */
export function checked(call: string, result: number): number {
  if (result < 0) throw lastError(call);
  return result;
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === code;
}
