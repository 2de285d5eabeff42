// One connection: what comes in on standard input goes out, and what comes back is printed. Says "ready" when it stands.
// With a third argument it first joins that cgroup.
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';

const [host, port, cgroup] = process.argv.slice(2);
if (cgroup) writeFileSync(`${cgroup}/cgroup.procs`, String(process.pid));
const socket = connect({ host, port: Number(port) }, () => console.log('ready'));
socket.on('error', (error) => console.log(error.code));
process.stdin.pipe(socket);
socket.pipe(process.stdout);
