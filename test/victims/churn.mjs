/** Makes threads that live for a moment, and never stops making them: each is usleep(200) and nothing else. */
import { addressOf, libc } from './libc.mjs';

const pthreadCreate = libc.func(
  'int pthread_create(_Out_ uintptr_t *thread, void *attributes, uintptr_t start, size_t argument)',
);
const pthreadDetach = libc.func('int pthread_detach(uintptr_t thread)');
const usleep = addressOf('usleep');

function makeSome() {
  for (let made = 0; made < 20; made++) {
    const thread = [0n];
    if (pthreadCreate(thread, null, usleep, 200) === 0) pthreadDetach(thread[0]);
  }
  setImmediate(makeSome);
}

process.stdout.write('ready\n', makeSome);
