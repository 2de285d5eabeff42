/** Starts programs by posix_spawn(3), which vforks, one after the other; prints how many were reaped as they should be. */
import { libc } from './libc.mjs';

const spawn = libc.func(
  'int posix_spawn(_Out_ int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **env)',
);
const waitpid = libc.func('int waitpid(int pid, _Out_ int *status, int options)');
let spawned = 0;

function spawnSome() {
  for (let times = 0; times < 10; times++) {
    const pid = [0];
    const status = [0];
    const code = spawn(pid, '/bin/false', null, null, ['false', null], [null]);
    waitpid(pid[0], status, 0);
    spawned += 1;
    // Exit code 1.
    if (code !== 0 || status[0] !== 0x100) process.stdout.write(`lost ${spawned} ${code} ${status[0]}\n`);
  }
  process.stdout.write(`done ${spawned}\n`);
  setImmediate(spawnSome);
}

process.stdout.write('ready\n', spawnSome);
