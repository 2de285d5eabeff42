/**
 * What the coordinator answers over HTTP. Stopping and measuring is all that it is good for, and it fails safe: what a caller
 * leaves out never spares a run.
 */
import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Engine } from '../engine/engine-api.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { type Alert, firingAlerts } from './alertmanager.ts';
import { addChatRoutes } from './chat/chat-routes.ts';
import type { ChatDoor } from './chat/chat-tool.ts';
import { addJoinRoutes } from './join-routes.ts';
import type { Metrics } from './metrics.ts';
import { findToken, type Token } from './tokens.ts';

export interface HttpContext {
  readonly engine: Pick<Engine, 'abortWhere' | 'halt'>;
  /** Read anew for each request: a token that was removed is worth nothing from then on. */
  tokens(): Promise<readonly Token[]>;
  /** The name of a person whose token of the provider of identities lets them halt; undefined for anything else. Never rejects. */
  halterOf?(secret: string): Promise<string | undefined>;
  warn(message: string, error: unknown): void;
  readonly metrics?: Pick<Metrics, 'contentType' | 'text'>;
  /** Where hosts may join. */
  readonly enrolment?: Enrolment;
  /** Chat tools whose command halts. */
  readonly chat?: readonly ChatDoor[];
  /** A "no", for the audit. */
  refused?(by: string, subject: string, detail: string): void;
}

/** `token` is absent for a person. */
type Variables = { token: Token; by: string };

const bodyBytesMax = 262_144;

export function createHttpApp({
  engine,
  tokens,
  halterOf,
  warn,
  metrics,
  enrolment,
  chat = [],
  refused = () => undefined,
}: HttpContext): Hono<{ Variables: Variables }> {
  const app = new Hono<{ Variables: Variables }>();
  const tooLarge = `the body must be at most ${bodyBytesMax} bytes`;

  // Who asks comes first: nothing of a stranger's body is read.
  app.use('/v1/*', async (context, next) => {
    const secret = /^Bearer ([\w.~+/-]{1,4096}=*)$/.exec(context.req.header('authorization') ?? '')?.[1];
    const token = secret === undefined ? undefined : findToken(await tokens(), secret);
    if (token) {
      context.set('token', token);
      context.set('by', `token ${token.name}`);
      return next();
    }
    const person =
      secret === undefined || context.req.path !== '/v1/halt'
        ? undefined
        : await halterOf?.(secret).catch(() => undefined);
    if (person === undefined) {
      const what = secret === undefined ? 'no token' : 'a token that is not known, or may not';
      refused('nobody', subjectOf(context.req), what);
      context.header('www-authenticate', 'Bearer realm="leash"');
      return context.json({ error: 'a token is needed: Authorization: Bearer TOKEN (leash token create)' }, 401);
    }
    context.set('by', person);
    return next();
  });
  for (const [path, right] of [
    ['/v1/alertmanager', 'abort'],
    ['/v1/abort', 'abort'],
    ['/v1/halt', 'halt'],
    ['/v1/metrics', 'metrics'],
  ] as const) {
    app.use(path, async (context, next) => {
      const token = context.get('token');
      if (!token || token.may.includes(right)) return next();
      const error = `this token may ${token.may.join(', ') || 'nothing'}, and not ${right}`;
      refused(`token ${token.name}`, subjectOf(context.req), error);
      return context.json({ error }, 403);
    });
  }
  app.use('/v1/*', bodyLimit({ maxSize: bodyBytesMax, onError: (context) => context.json({ error: tooLarge }, 413) }));

  app.post('/v1/alertmanager', async (context) => {
    const alerts = firingAlerts(await documentOf(context.req.text()));
    if (!alerts) return context.json({ error: 'this is no webhook of Alertmanager, version 4' }, 400);
    const token = context.get('token');
    const aborted = alerts.flatMap((alert) =>
      engine.abortWhere(
        (run) => agrees(alert, run.facts.experiment.labels, token),
        `alert ${alert.name}`,
        `token ${token.name}`,
      ),
    );
    return context.json({ aborted }, aborted.length > 0 ? 202 : 200);
  });

  app.post('/v1/abort', async (context) => {
    const document = await documentOf(context.req.text());
    if (document === undefined) return context.json({ error: 'the body must be empty, or JSON' }, 400);
    const token = context.get('token');
    const { run, experiment, labels, reason } = wishOf(document);
    const aborted = engine.abortWhere(
      ({ facts }) =>
        (run === undefined || facts.runId === run) &&
        (experiment === undefined || facts.experiment.name === experiment) &&
        agrees({ labels }, facts.experiment.labels, token),
      reason,
      `token ${token.name}`,
    );
    if (aborted.length > 0) return context.json({ aborted }, 202);
    return run === undefined
      ? context.json({ aborted })
      : context.json({ error: `no run ${run} is going on that this token may abort` }, 404);
  });

  // The emergency stop: neither the store nor a policy nor a provider of identities is asked. Any body will do.
  app.post('/v1/halt', async (context) => {
    const { reason } = wishOf((await documentOf(context.req.text())) ?? null);
    const requestId = context.req.header('idempotency-key')?.slice(0, 128) || randomUUID();
    const hosts = await engine.halt({ requestId, reason, by: context.get('by') });
    const answers = hosts.map(({ host, answer, error, lastLeaseEndsAtUnixMs }) => ({
      host,
      latched: answer !== undefined,
      ...(answer ? { latchedMs: answer.latchedMs, durability: answer.durability } : {}),
      ...(answer?.restoredMs === undefined ? {} : { restoredMs: answer.restoredMs }),
      ...(error === undefined ? {} : { error }),
      ...(lastLeaseEndsAtUnixMs === undefined ? {} : { lastLeaseEndsAtUnixMs }),
    }));
    return context.json({ halted: true, hosts: answers }, answers.every(({ latched }) => latched) ? 200 : 202);
  });

  if (metrics) {
    app.get('/v1/metrics', async (context) =>
      context.body(await metrics.text(), 200, { 'content-type': metrics.contentType }),
    );
  }

  app.on(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'], ['/v1/alertmanager', '/v1/abort', '/v1/halt'], (context) => {
    context.header('allow', 'POST');
    return context.json({ error: 'POST is needed' }, 405);
  });
  if (enrolment) addJoinRoutes(app, enrolment, refused);
  addChatRoutes(app, { engine, doors: chat, refused, warn });
  app.notFound((context) => context.json({ error: 'there is nothing here' }, 404));
  app.onError((error, context) => {
    warn('a request over HTTP failed', error);
    return context.json({ error: 'the coordinator could not answer; its log says why' }, 500);
  });
  return app;
}

/** Of a stranger's making, and so no longer than it needs to be. */
function subjectOf({ method, path }: { readonly method: string; readonly path: string }): string {
  return `${method} ${path}`.slice(0, 100);
}

interface Wish {
  readonly run?: string;
  readonly experiment?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly reason: string;
}

/** Any tool's body will do: what it does not say, or says otherwise, leaves nothing out. */
function wishOf(document: unknown): Wish {
  const { run, experiment, labels, reason } = (document ?? {}) as Record<string, unknown>;
  const known = Object.entries(typeof labels === 'object' && labels !== null ? labels : {});
  return {
    ...(typeof run === 'string' ? { run: run.slice(0, 128) } : {}),
    ...(typeof experiment === 'string' ? { experiment: experiment.slice(0, 128) } : {}),
    labels: Object.fromEntries(known.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
    reason: typeof reason === 'string' ? reason.replaceAll(/[\0\r\n]+/g, ' ').slice(0, 500) : '',
  };
}

/** @returns null for an empty body, and undefined for what is not JSON. */
async function documentOf(body: Promise<string>): Promise<unknown> {
  const text = await body;
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A label that only one of them has does not set them apart. */
function agrees(
  { labels }: Pick<Alert, 'labels'>,
  experiment: Readonly<Record<string, string>>,
  { match }: Token,
): boolean {
  return match.every((label) => {
    const [one, other] = [labels[label], experiment[label]];
    return one === undefined || other === undefined || one === other;
  });
}
