/** The C library by koffi: the one place that loads it. A host where it cannot be loaded gets `undefined` and a reason. */
import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';

// biome-ignore lint/suspicious/noExplicitAny: the prototype is text, so only the caller knows the types.
export type NativeFunction = (...values: any[]) => any;

export interface Libc {
  readonly koffi: typeof Koffi;
  /** Declares one function of libc by its C prototype. */
  func(prototype: string): NativeFunction;
}

let loaded: Libc | Error | undefined;

/** @returns the library, or the error that says why native calls are not to be had here. */
export function loadLibc(): Libc | Error {
  loaded ??= load();
  return loaded;
}

function load(): Libc | Error {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    const library = koffi.load('libc.so.6');
    return {
      koffi,
      func: (prototype) => library.func(prototype) as NativeFunction,
    };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** @throws Error where native calls are not to be had. */
export function requireLibc(): Libc {
  const libc = loadLibc();
  if (libc instanceof Error) throw new Error(`native calls are not available here: ${libc.message}`);
  return libc;
}
