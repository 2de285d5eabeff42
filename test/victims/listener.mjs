/** Listens on a TCP port and on a UDP port, with a worker that shares the first socket; prints both ports and the worker's pid. */
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

if (process.argv[2] === 'worker') {
  process.once('message', (_message, server) => {
    server.on('connection', () => {});
    process.send('shared');
  });
  // Without its master it has nothing to do.
  process.once('disconnect', () => process.exit(0));
} else {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1', () => {
      const worker = fork(fileURLToPath(import.meta.url), ['worker']);
      worker.send('server', server);
      worker.once('message', () => {
        process.stdout.write(`ready ${server.address().port} ${socket.address().port} ${worker.pid}\n`);
      });
    });
  });
}
