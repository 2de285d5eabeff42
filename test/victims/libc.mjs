/** For victims that must do to the kernel what Node itself never does. */
import { createRequire } from 'node:module';

export const koffi = createRequire(import.meta.url)('koffi');
export const libc = koffi.load('libc.so.6');

const dlsym = libc.func('uintptr_t dlsym(uintptr_t handle, const char *name)');

/** The address of a function of libc, for calls that want a C function to run. */
export function addressOf(name) {
  return dlsym(0, name);
}
