/** Sends an agent what no client of ours would, and says which answers were not ones that it may give. */
import { type Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { AgentMethod } from '../../proto/services.ts';
import { createRandom } from '../bench/random.ts';
import { pathOf, samples, unaryMethods } from './samples.ts';
import { mutated } from './wire-format.ts';

export interface Answer {
  readonly code: number;
  readonly details: string;
}

/** What an agent may say to a message that is not right, or is right by chance. */
const allowedCodes: readonly number[] = [
  status.OK,
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
  status.PERMISSION_DENIED,
  status.RESOURCE_EXHAUSTED,
];
/** By gRPC's own rule a server that cannot read a message says INTERNAL (grpc.io, Status codes). */
const unreadable = /deserializ|Error parsing|decompress/i;

export function isRight({ code, details }: Answer): boolean {
  return allowedCodes.includes(code) || (code === status.INTERNAL && unreadable.test(details));
}

export function send(client: Client, method: AgentMethod, message: Buffer, withinMs = 30_000): Promise<Answer> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      pathOf(method),
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
      message,
      new Metadata(),
      { deadline: Date.now() + withinMs },
      (error: ServiceError | null) => resolve({ code: error?.code ?? status.OK, details: error?.details ?? '' }),
    );
  });
}

/** One message of a session, and how the session ended on it; answered ones are ended by us. */
export function sendToSession(client: Client, message: Buffer): Promise<Answer> {
  return new Promise((resolve) => {
    const stream = client.makeBidiStreamRequest(
      pathOf('session'),
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
      { deadline: Date.now() + 30_000 },
    );
    stream.on('data', () => {});
    stream.on('error', (error: ServiceError) => resolve({ code: error.code, details: error.details }));
    stream.on('end', () => resolve({ code: status.OK, details: '' }));
    stream.write(message);
    stream.end();
  });
}

export interface FuzzResult {
  readonly sent: number;
  readonly codes: Readonly<Record<string, number>>;
  /** The first few, with the bytes to send again. */
  readonly wrong: readonly string[];
}

/** The same messages for the same seed, for as long as `isOver` says no. */
export async function fuzzGrpc(
  next: () => Client,
  bystanderPid: number,
  seed: number,
  isOver: (sent: number) => boolean,
): Promise<FuzzResult> {
  const random = createRandom(seed);
  const valid = samples(bystanderPid);
  const codes: Record<string, number> = {};
  const wrong: string[] = [];
  let sent = 0;
  while (!isOver(sent)) {
    const method = unaryMethods[Math.floor(random() * unaryMethods.length)] ?? 'plan';
    let message = mutated(valid[method], random);
    if (random() < 0.3) message = mutated(message, random);
    const isSession = random() < 0.05;
    const answer = isSession ? await sendToSession(next(), message) : await send(next(), method, message);
    sent += 1;
    const name = status[answer.code] ?? String(answer.code);
    codes[name] = (codes[name] ?? 0) + 1;
    if (isRight(answer) || wrong.length >= 10) continue;
    wrong.push(
      `${isSession ? 'session' : method} ${message.toString('hex').slice(0, 2000)}: ${name} ${answer.details}`,
    );
  }
  return { sent, codes, wrong };
}
