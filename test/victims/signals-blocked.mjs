/** Becomes cat(1) with every signal blocked that can be, as a program that waits for signals by signalfd(2) does. */
import { koffi, libc } from './libc.mjs';

const fillSet = libc.func('int sigfillset(void *set)');
const maskSignals = libc.func('int pthread_sigmask(int how, void *set, void *former)');
const execv = libc.func('int execv(const char *path, const char **argv)');
const fcntl = libc.func('int fcntl(int fd, int command, int argument)');
const set = Buffer.alloc(128);
const block = 0;
const setDescriptorFlags = 2;

void koffi;
process.stdout.write('ready\n', () => {
  fillSet(set);
  maskSignals(block, set, null);
  for (const fd of [0, 1, 2]) fcntl(fd, setDescriptorFlags, 0);
  execv('/bin/cat', ['cat', null]);
});
