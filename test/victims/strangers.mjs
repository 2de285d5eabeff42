/**
 * Clones processes that send no SIGCHLD, a hundred a second, each of which sleeps for 20 ms. ptrace attaches such a process just
 * as it attaches a new thread.
 */
import { addressOf, libc } from './libc.mjs';

const clone = libc.func('int clone(uintptr_t start, uintptr_t stack, int flags, size_t argument)');
const malloc = libc.func('uintptr_t malloc(size_t bytes)');
const waitpid = libc.func('int waitpid(int pid, void *status, int options)');
const usleep = addressOf('usleep');
const stackBytes = 65_536;
const stackTop = BigInt(malloc(stackBytes)) + BigInt(stackBytes);
const noHangAndAll = 0x1 | 0x4000_0000;
const cloned = new Set();

function makeOne() {
  const pid = clone(usleep, stackTop, 0, 20_000);
  if (pid > 0) cloned.add(pid);
  for (const child of cloned) if (waitpid(child, null, noHangAndAll) === child) cloned.delete(child);
}

process.on('SIGUSR2', () => process.stdout.write(`${JSON.stringify([...cloned])}\n`));
process.stdout.write('ready\n', () => setInterval(makeOne, 10));
