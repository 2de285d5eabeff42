/** Starts sleep(1), prints its pid, and says what a parent is told of it: each stop, and each time that it goes on (waitpid(2)). */
import { spawn } from 'node:child_process';
import { libc } from './libc.mjs';

const waitpid = libc.func('int waitpid(int pid, _Out_ int *status, int options)');
const [noHang, untraced, continued] = [1, 2, 8];
const child = spawn('sleep', ['100000'], { stdio: 'ignore' });
process.stdout.write(`started ${child.pid}\n`);

setInterval(() => {
  const status = [0];
  if (waitpid(child.pid, status, noHang | untraced | continued) !== child.pid) return;
  if (status[0] === 0xffff) process.stdout.write('continued\n');
  else if ((status[0] & 0xff) === 0x7f) process.stdout.write('stopped\n');
  // It has ended, and nobody else is told of that any more.
  else process.exit();
}, 5);
