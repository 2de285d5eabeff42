// Answers on every address of its host: TCP echo on each port given, and UDP echo on the same port. Says "ready".
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const ports = process.argv.slice(2).map(Number);
const listening = ports.flatMap((port) => [
  new Promise((resolve) => {
    const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
    server.listen(port, '::', resolve);
  }),
  new Promise((resolve) => {
    const socket = createSocket('udp6');
    socket.on('message', (message, from) => socket.send(message, from.port, from.address));
    socket.bind(port, resolve);
  }),
]);
await Promise.all(listening);
console.log('ready');
