/** No capability, now or after any later exec (capset(2), PR_SET_NO_NEW_PRIVS(2const)). */
import { checked, lazily } from './system-call.ts';

const setNoNewPrivileges = 38;
const capabilityVersion3 = 0x2008_0522;

const prctl = lazily(
  'int prctl(int option, unsigned long value, unsigned long zero3, unsigned long zero4, unsigned long zero5)',
);
const capset = lazily('int capset(const uint32_t *header, const uint32_t *sets)');

/** For the calling thread and those it will start. For root too: an exec then gives it no more than it had. */
export function giveUpPrivileges(): void {
  checked('prctl(PR_SET_NO_NEW_PRIVS)', prctl(setNoNewPrivileges, 1, 0, 0, 0));
  // The header names this thread; then effective, permitted and inheritable, twice 32 bits each.
  checked('capset', capset(Uint32Array.of(capabilityVersion3, 0), new Uint32Array(6)));
}
