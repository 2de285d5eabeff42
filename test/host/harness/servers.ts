/** Servers of the world, each an instance of the test's own: in a directory of its own, on Unix sockets. */
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestDirectory } from '../../rig/directory.ts';
import { until } from '../../rig/until.ts';
import { descendantsOf, type Program, startProgram } from './service.ts';

/** "nobody": PostgreSQL refuses to be root. */
const unprivilegedUid = 65_534;

export interface Redis {
  readonly program: Program;
  /** Sends commands over the one connection that stays open. @returns as many lines of answer. */
  command(...commands: readonly string[]): Promise<readonly string[]>;
  /** Over a connection of its own. */
  ping(): Promise<string>;
  stop(): Promise<void>;
}

export async function startRedis(directory: TestDirectory): Promise<Redis> {
  const path = join(directory.path, 'redis.sock');
  const options = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no', '--dir', directory.path];
  const program = await startProgram('redis-server', options);
  const connection = await connectWhenReady(path);
  const talk = createTalk(connection);
  return {
    program,
    command: (...commands) => talk(commands),
    async ping() {
      const own = connect(path);
      const [answer = ''] = await createTalk(own)(['PING']);
      own.destroy();
      return answer;
    },
    async stop() {
      connection.destroy();
      await program.stop();
    },
  };
}

export interface Nginx {
  /** The master first. */
  readonly pids: readonly number[];
  /** One request over a connection of its own. */
  get(path: string): Promise<string>;
  /** A connection whose request is only half sent. */
  beginRequest(): Promise<{ finish(): Promise<string> }>;
  stop(): Promise<void>;
}

export async function startNginx(directory: TestDirectory, workers: number): Promise<Nginx> {
  const at = (name: string): string => join(directory.path, name);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${at(name)};`,
  );
  const isRoot = process.getuid?.() === 0;
  writeFileSync(
    at('nginx.conf'),
    `${isRoot ? 'user root;' : ''} daemon off; worker_processes ${workers}; pid ${at('nginx.pid')}; error_log stderr;
events { worker_connections 512; }
http { access_log off; ${temporary.join(' ')}
  server { listen unix:${at('nginx.sock')}; location / { return 200 "answer to $uri"; } } }\n`,
  );
  const program = await startProgram('nginx', ['-c', at('nginx.conf'), '-e', 'stderr']);
  (await connectWhenReady(at('nginx.sock'))).destroy();
  const ownWorkers = (): readonly number[] => descendantsOf(program.pid);
  await until('its workers are there', () => ownWorkers().length === workers);
  return {
    pids: [program.pid, ...ownWorkers()],
    get: (path) =>
      new Promise((resolve, reject) => {
        const options = { socketPath: at('nginx.sock'), path, agent: false };
        request(options, (answer) => {
          let body = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            body += chunk;
          });
          answer.once('end', () => resolve(body));
        })
          .once('error', reject)
          .end();
      }),
    async beginRequest() {
      const socket = await connectWhenReady(at('nginx.sock'));
      const received = collect(socket);
      socket.write('GET /half HTTP/1.1\r\nHost: a\r\n');
      return {
        async finish() {
          socket.write('Connection: close\r\n\r\n');
          await until('the answer is whole', () => received().includes('answer to /half'));
          socket.destroy();
          return received();
        },
      };
    },
    // The master is asked, for it would leave its workers behind.
    async stop() {
      program.child.kill('SIGTERM');
      await until('nginx is gone', () => program.child.exitCode !== null);
    },
  };
}

/** The folder of PostgreSQL's server programs, which is in no PATH. */
export function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((one, other) => Number(other) - Number(one)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'postgres')));
}

export interface Postgres {
  readonly program: Program;
  /** A session of psql(1), which prints the values alone. */
  connect(): Promise<Program>;
  stop(): Promise<void>;
}

export async function startPostgres(directory: TestDirectory): Promise<Postgres> {
  const bin = findPostgres() ?? '';
  const data = directory.sub('postgres');
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: unprivilegedUid } : {};
  if (isRoot) for (const path of [directory.path, data]) chownSync(path, unprivilegedUid, unprivilegedUid);
  const become = isRoot ? ['--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const initialize = [join(bin, 'initdb'), '-D', data, '-U', 'test', '-A', 'trust', '--no-sync', '-E', 'UTF8'];
  const { status, stderr } = spawnSync('setpriv', [...become, '--', ...initialize, '--locale=C'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`initdb: ${stderr}`);
  const options = ['-D', data, '-k', data, '-c', 'listen_addresses=', '-c', 'fsync=off'];
  const program = await startProgram(join(bin, 'postgres'), [...options, '-c', 'log_min_messages=panic'], user);
  await until(
    'PostgreSQL answers',
    () => spawnSync(join(bin, 'pg_isready'), ['-q', '-h', data, '-U', 'test']).status === 0,
    20_000,
  );
  return {
    program,
    connect: () => startProgram('psql', ['-h', data, '-U', 'test', '-qAtX', '-v', 'ON_ERROR_STOP=1', 'postgres']),
    // At once: SIGQUIT ends the processes that it has made too.
    async stop() {
      program.child.kill('SIGQUIT');
      await until('PostgreSQL is gone', () => program.child.exitCode !== null);
    },
  };
}

async function connectWhenReady(path: string): Promise<Socket> {
  await until(`${path} is there`, () => existsSync(path));
  return until(`${path} is answered`, () => connected(path));
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

function collect(socket: Socket): () => string {
  let received = '';
  socket.on('error', () => {});
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
  });
  return () => received;
}

/** One line of answer for each line that is sent. */
function createTalk(socket: Socket): (commands: readonly string[]) => Promise<readonly string[]> {
  const received = collect(socket);
  let answered = 0;
  return async (commands) => {
    const first = answered;
    answered += commands.length;
    const last = answered;
    socket.write(commands.map((command) => `${command}\r\n`).join(''));
    return until('each command is answered', () => {
      const lines = received().split('\r\n');
      return lines.length > last && lines.slice(first, last);
    });
  };
}
