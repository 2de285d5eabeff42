// A known coordinator that asks an agent for its health, call after call, and notes how long each one took:
//   pulse.mjs HOST PORT TLS-DIRECTORY AGENT-PID standing|fresh
// "standing" keeps one connection, "fresh" makes one for each call. Prints "ready" after the first answer; at the end of
// its standard input prints what it measured, as JSON. A process of its own, so that no attacker makes it late itself.
import { readdirSync, readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

const [host, port, directory, agentPid, kind] = process.argv.slice(2);
const name = readdirSync(directory).find((file) => file.endsWith('.crt') && file !== 'ca.crt');
const read = (file) => readFileSync(join(directory, file));
const files = { ca: read('ca.crt'), cert: read(name), key: read(name.replace(/crt$/, 'key')) };
const callWithinMs = 20_000;
const betweenMs = 8;

const latenciesMs = [];
const workMs = [];
let failed = 0;
let lastError = '';
let isStopped = false;
process.stdin.on('end', () => {
  isStopped = true;
});
process.stdin.resume();

/** CPU time of the agent's main thread (proc(5), schedstat): what it was busy with, whatever else the machine does. */
function agentWorkMs() {
  try {
    return Number(readFileSync(`/proc/${agentPid}/task/${agentPid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port, ...files, ALPNProtocols: ['h2'], checkServerIdentity: () => undefined });
    socket.once('error', reject);
    const session = connectHttp2(`https://${host}:${port}`, { createConnection: () => socket });
    session.once('error', reject);
    session.once('connect', () => resolve(session));
  });
}

/** grpc.health.v1.Health/Check with an empty request: five bytes of framing. */
function check(session) {
  return new Promise((resolve, reject) => {
    const path = '/grpc.health.v1.Health/Check';
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const timer = setTimeout(() => {
      stream.close();
      reject(new Error(`no answer within ${callWithinMs} ms`));
    }, callWithinMs);
    stream.on('trailers', (trailers) => {
      clearTimeout(timer);
      if (trailers['grpc-status'] === '0') resolve();
      else reject(new Error(`status ${trailers['grpc-status']}: ${trailers['grpc-message']}`));
    });
    stream.on('close', () => {
      clearTimeout(timer);
      reject(new Error('the stream was closed'));
    });
    stream.on('error', reject);
    stream.resume();
    stream.end(Buffer.alloc(5));
  });
}

let session;
while (!isStopped) {
  const startedAtMs = performance.now();
  const workBeforeMs = agentWorkMs();
  try {
    if (!session || session.destroyed || session.closed) session = await open();
    await check(session);
    latenciesMs.push(performance.now() - startedAtMs);
    workMs.push(agentWorkMs() - workBeforeMs);
    if (latenciesMs.length === 1) process.stdout.write('ready\n');
    if (kind === 'fresh') session.destroy();
  } catch (error) {
    failed += 1;
    lastError = String(error?.message ?? error);
    session?.destroy();
  }
  await new Promise((resolve) => setTimeout(resolve, betweenMs));
}
process.stdout.write(`${JSON.stringify({ latenciesMs, workMs, failed, lastError })}\n`);
process.exit(0);
