/** Starts the program of its arguments, prints its pid, and says how it ended as soon as it could reap it. */
import { spawn } from 'node:child_process';

const args = ['--pdeathsig', 'KILL', process.execPath, ...process.argv.slice(2)];
const child = spawn('setpriv', args, { stdio: ['ignore', 'pipe', 'inherit'] });
child.stdout.once('data', () => process.stdout.write(`ready ${child.pid}\n`));
child.once('exit', (_code, signal) => process.stdout.write(`reaped ${signal}\n`));
