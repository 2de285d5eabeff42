/**
 * In place of `@grpc/grpc-js`: the same calls, over the simulated network instead of HTTP/2. Messages are encoded and
 * decoded as they would be, so both sides see what the wire makes of them.
 */
import { EventEmitter } from 'node:events';
import { Status as status } from '@grpc/grpc-js/build/src/constants.js';
import { Metadata } from '@grpc/grpc-js/build/src/metadata.js';
import type { Peer } from '../../../shared/peer.ts';
import type { Wiretap } from '../wiretap.ts';
import type { Host } from '../world/host.ts';
import { type Process, runningProcess } from '../world/process.ts';
import { Date as HostDate } from './node-timers.ts';

export { Metadata, status };

export const credentials = { createInsecure: () => ({}), createSsl: () => ({}) };

interface Method {
  readonly path: string;
  readonly requestSerialize: (message: never) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (message: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
}

interface Failure {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

type Handler = (call: unknown, reply?: (error: Failure | null, answer?: unknown) => void) => void;

/** What listens on a host, and who may be asked: the internet of the simulated world. */
export interface Internet {
  hostOf(address: string): Host | undefined;
  send(from: Host, to: Host, deliver: () => void): void;
  sendInOrder(stream: object, from: Host, to: Host, deliver: () => void): boolean;
  readonly wiretap: Wiretap;
}

interface Listening {
  readonly process: Process;
  readonly methods: ReadonlyMap<string, { readonly method: Method; readonly handler: Handler }>;
}

let internet: Internet;
const listening = new Map<Host, Listening>();
/** As whom a process calls: the name in its certificate. */
const peers = new Map<Process, Peer>();

export function connectInternet(next: Internet): void {
  internet = next;
  listening.clear();
  peers.clear();
}

export function callAs(process: Process, peer: Peer): void {
  peers.set(process, peer);
}

function failure(code: number, details: string): Failure {
  return { code, details, metadata: new Metadata() };
}

function errorOf({ code, details, metadata }: Failure): Error & Failure {
  return Object.assign(new Error(details), { code, details, metadata });
}

export class Server {
  private readonly methods = new Map<string, { method: Method; handler: Handler }>();

  addService(service: Readonly<Record<string, Method>>, handlers: Readonly<Record<string, Handler>>): void {
    for (const [name, method] of Object.entries(service)) {
      const handler = handlers[name];
      if (handler) this.methods.set(method.path, { method, handler });
    }
  }

  /** From now on the running process answers at its host. */
  listen(): void {
    const process = runningProcess();
    listening.set(process.host, { process, methods: this.methods });
  }

  forceShutdown(): void {
    listening.delete(runningProcess().host);
  }
}

function serverOf(host: Host): Listening | undefined {
  const server = listening.get(host);
  return server?.process.isAlive && host.isUp ? server : undefined;
}

export class Client {
  private readonly to: Host | undefined;

  constructor(address: string) {
    this.to = internet.hostOf(address);
  }

  makeUnaryRequest(
    path: string,
    serialize: (message: never) => Buffer,
    deserialize: (bytes: Buffer) => unknown,
    request: unknown,
    _metadata: Metadata,
    { deadline }: { readonly deadline: number },
    reply: (error: (Error & Failure) | null, answer?: unknown) => void,
  ): void {
    const process = runningProcess();
    if (!process.step()) return;
    const { to } = this;
    const bytes = serialize(request as never);
    let isOver = false;
    const settle = (error: Failure | null, answer?: Buffer): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      if (error) reply(errorOf(error));
      else reply(null, deserialize(answer as Buffer));
    };
    const cancel = process.after(deadline - HostDate.now(), () =>
      settle(failure(status.DEADLINE_EXCEEDED, 'deadline exceeded')),
    );
    if (!to) return;
    const back = (from: Host, error: Failure | null, answer?: Buffer): void =>
      internet.send(from, process.host, () => process.run(() => settle(error, answer)));
    internet.send(process.host, to, () => {
      const server = serverOf(to);
      // A host that is there and on which nobody listens says so; one that is down says nothing.
      if (!server) {
        if (to.isRunning) back(to, failure(status.UNAVAILABLE, 'connection refused'));
        return;
      }
      let isAnswered = false;
      const answerWith = (error: Failure | null, answer?: Buffer): void => {
        if (!isAnswered) back(to, error, answer);
        isAnswered = true;
      };
      // Of a process that ends its kernel closes the connections: who waits for an answer learns of it.
      server.process.onExit(() => {
        if (to.isUp) answerWith(failure(status.UNAVAILABLE, 'connection dropped'));
      });
      server.process.run(() => serveUnary(server, path, bytes, process, answerWith));
    });
  }

  makeServerStreamRequest(): never {
    throw new Error('streams of processes are not simulated');
  }

  makeBidiStreamRequest(
    path: string,
    serialize: (message: never) => Buffer,
    deserialize: (bytes: Buffer) => unknown,
  ): ClientStream {
    return new ClientStream(runningProcess(), this.to, path, serialize, deserialize);
  }

  close(): void {}
}

function serveUnary(
  { process, methods }: Listening,
  path: string,
  bytes: Buffer,
  caller: Process,
  answer: (error: Failure | null, bytes?: Buffer) => void,
): void {
  const found = methods.get(path);
  if (!found) {
    answer(failure(status.UNIMPLEMENTED, path));
    return;
  }
  const { method, handler } = found;
  const request = method.requestDeserialize(bytes);
  const tapped = internet.wiretap.request(process.host, path, request);
  const call = { request, peer: peers.get(caller), getPeer: () => caller.name, cancelled: false };
  handler(call, (error, reply) => {
    if (!process.step()) return;
    if (error) tapped.failed(error);
    else tapped.replied(reply);
    answer(error, error ? undefined : method.responseSerialize(reply as never));
  });
}

/** Both ends of a stream. It breaks when either end does, or when a message of it is lost. */
class ClientStream extends EventEmitter {
  private readonly out = {};
  private readonly in = {};
  private server: ServerStream | undefined;
  private isOver = false;

  constructor(
    readonly process: Process,
    private readonly to: Host | undefined,
    path: string,
    private readonly serialize: (message: never) => Buffer,
    readonly deserialize: (bytes: Buffer) => unknown,
  ) {
    super();
    if (!to) return;
    process.onExit(() => this.hangUp());
    internet.send(process.host, to, () => {
      const server = serverOf(to);
      if (server) server.process.run(() => this.accept(server, path));
      else if (to.isRunning) internet.send(to, process.host, () => process.run(() => this.fail('connection refused')));
    });
  }

  write(message: unknown): void {
    if (this.isOver || !this.to || !this.process.step()) return;
    const bytes = this.serialize(message as never);
    internet.sendInOrder(this.out, this.process.host, this.to, () => this.server?.receive(bytes));
  }

  cancel(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.hangUp();
  }

  /** Called by the other end. */
  hear(bytes: Buffer): void {
    if (!this.isOver) this.process.run(() => this.emit('data', this.deserialize(bytes)));
  }

  fail(details: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.emit('error', errorOf(failure(status.UNAVAILABLE, details)));
  }

  /** A message from the other end, in its order. */
  sendBack(from: Host, deliver: () => void): void {
    internet.sendInOrder(this.in, from, this.process.host, deliver);
  }

  private accept(server: Listening, path: string): void {
    const found = server.methods.get(path);
    if (!found || this.server) return;
    this.server = new ServerStream(server.process, found.method, this, peers.get(this.process));
    found.handler(this.server);
  }

  private hangUp(): void {
    const { to, server } = this;
    if (to && server) internet.sendInOrder(this.out, this.process.host, to, () => server.close());
  }
}

class ServerStream extends EventEmitter {
  readonly writableLength = 0;
  readonly cancelled = false;
  private isOver = false;

  constructor(
    private readonly process: Process,
    private readonly method: Method,
    private readonly client: ClientStream,
    readonly peer: Peer | undefined,
  ) {
    super();
    process.onExit(() => this.hangUp('connection reset'));
  }

  getPeer(): string {
    return this.client.process.name;
  }

  receive(bytes: Buffer): void {
    this.process.run(() => {
      if (this.isOver) return;
      const request = this.method.requestDeserialize(bytes);
      internet.wiretap.streamed(this, this.process.host, request);
      this.emit('data', request);
    });
  }

  write(message: unknown): void {
    if (this.isOver || !this.process.step()) return;
    internet.wiretap.said(this, this.process.host, message);
    const bytes = this.method.responseSerialize(message as never);
    this.client.sendBack(this.process.host, () => this.client.hear(bytes));
  }

  end(): void {
    this.hangUp('the agent ended the session');
  }

  /** An error that the handler emits is what the other end is told. */
  override emit(event: string, ...given: unknown[]): boolean {
    if (event === 'error') {
      this.hangUp(String((given[0] as Failure).details));
      return true;
    }
    return super.emit(event, ...given);
  }

  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.process.run(() => this.emit('close'));
  }

  private hangUp(details: string): void {
    if (this.isOver) return;
    this.isOver = true;
    const { host } = this.process;
    if (host.isUp) this.client.sendBack(host, () => this.client.process.run(() => this.client.fail(details)));
  }
}
