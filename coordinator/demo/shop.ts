/**
 * The service that the demo hurts: a supervisor that accepts connections and hands them to workers in turn, and starts
 * a new worker for each that dies. Workers carry the name of the host that they stand for ("shop-a"), two for each.
 *
 *   node leash-demo-shop.js PORT PARENT-PID NAME…
 */
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { tetherTo } from '../../shared/tether.ts';

const workersPerHost = 2;
const respawnAfterMs = 300;

if (cluster.isPrimary) supervise();
else serve();

function supervise(): void {
  const [port = '', parentPid = '', ...names] = process.argv.slice(2);
  tetherTo(Number(parentPid));
  process.title = 'shop-supervisor';
  cluster.schedulingPolicy = cluster.SCHED_RR;
  let isStopping = false;
  const start = (name: string): void => {
    const worker = cluster.fork({ SHOP_PORT: port, SHOP_NAME: name });
    worker.once('exit', () => {
      if (!isStopping) setTimeout(start, respawnAfterMs, name);
    });
  };
  for (const name of names) {
    for (let count = 0; count < workersPerHost; count += 1) start(name);
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      isStopping = true;
      for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
      process.exit(0);
    });
  }
}

function serve(): void {
  process.title = process.env.SHOP_NAME ?? 'shop';
  // Ctrl-C reaches the whole terminal group; the supervisor decides when a worker ends.
  process.on('SIGINT', () => undefined);
  process.once('disconnect', () => process.exit(0));
  const server = createServer((_request, response) => {
    let sum = 0;
    for (let step = 0; step < 200_000; step += 1) sum += step % 7;
    response.end(`ok ${sum}\n`);
  });
  server.listen({ port: Number(process.env.SHOP_PORT), host: '127.0.0.1' });
}
