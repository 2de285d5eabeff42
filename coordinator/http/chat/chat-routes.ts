/**
 * The emergency stop from a chat: one signed call. As with POST /v1/halt, neither the store nor a policy nor a provider
 * of identities is asked; who may is in the coordinator's own file.
 */
import { randomUUID } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Engine } from '../../engine/engine-api.ts';
import type { HostHalt } from '../../engine/halting.ts';
import type { ChatDoor } from './chat-tool.ts';

export interface ChatContext {
  readonly engine: Pick<Engine, 'halt'>;
  readonly doors: readonly ChatDoor[];
  /** A "no", for the audit. */
  refused(by: string, subject: string, detail: string): void;
  warn(message: string, error: unknown): void;
}

const bodyBytesMax = 16_384;
/** Chat tools wait for three seconds; what a host says after that is told by `leash hosts`. */
const answerWithinMs = 2000;

// biome-ignore lint/suspicious/noExplicitAny: whatever the variables of the app are, none is read here.
export function addChatRoutes(app: Hono<any>, { engine, doors, refused, warn }: ChatContext): void {
  for (const door of doors) {
    const path = `/chat/${door.name}`;
    // Nothing of a body is read for a caller that does not even look like the tool.
    app.post(path, async (context, next) => {
      const problem = door.headerProblem(context.req.raw.headers);
      if (problem === undefined) return next();
      refused('nobody', path, problem);
      return context.json({ error: problem }, 401);
    });
    app.post(path, bodyLimit({ maxSize: bodyBytesMax, onError: tooLarge }), async (context) => {
      const body = Buffer.from(await context.req.arrayBuffer());
      const order = await door.read(context.req.raw.headers, body);
      if (order.kind === 'not-authentic') {
        refused('nobody', path, order.detail);
        return context.json({ error: order.detail }, 401);
      }
      if (order.kind === 'not-allowed') {
        refused(order.by, path, order.detail);
        // What a chat tool shows to a person is the body of an answer that went well.
        return context.json(door.answer(`Nothing was halted: ${order.detail}.`, 'asker'));
      }
      const { by, reason } = order;
      const halting = engine.halt({ requestId: randomUUID(), reason, by });
      halting.catch((error: unknown) => warn('a halt from a chat failed', error));
      return context.json(door.answer(haltText(await within(halting, answerWithinMs)), 'channel'));
    });
    app.on(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'], path, (context) => {
      context.header('allow', 'POST');
      return context.json({ error: 'POST is needed' }, 405);
    });
  }
}

function tooLarge(context: Context): Response {
  return context.json({ error: `the body must be at most ${bodyBytesMax} bytes` }, 413);
}

function haltText(hosts: readonly HostHalt[] | undefined): string {
  if (!hosts) {
    return 'The fleet is being halted; not every host has answered yet, and those are told again. See: leash hosts';
  }
  const silent = hosts.filter(({ answer }) => answer === undefined);
  const done = `Halted: ${hosts.length - silent.length} of ${hosts.length} hosts.`;
  if (silent.length === 0) return done;
  const names = silent.slice(0, 10).map(({ host, error = 'no answer' }) => `${host} (${error})`);
  return `${done} Not reached, and told again: ${names.join(', ')}${silent.length > 10 ? ', …' : ''}`;
}

/** @returns undefined when it takes longer; it goes on all the same. */
async function within<Result>(promise: Promise<Result>, ms: number): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
