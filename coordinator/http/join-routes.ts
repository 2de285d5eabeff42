/** How a host that has no certificate yet joins: over TLS, and by a token instead of a certificate of its own. */
import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type Enrolment, JoinRefused } from '../enrolment/enrolment.ts';

type Refused = (by: string, subject: string, detail: string) => void;

const bodyBytesMax = 32_768;

const statusOf = {
  invalid: 400,
  unknown: 401,
  'other-host': 403,
  'joined-before': 409,
  used: 410,
  expired: 410,
} as const;

// biome-ignore lint/suspicious/noExplicitAny: whatever the variables of the app are, none is read here.
export function addJoinRoutes(app: Hono<any>, enrolment: Enrolment, refused: Refused): void {
  app.get('/join/authority', (context) => context.text(enrolment.authority()));
  app.use('/join', bodyLimit({ maxSize: bodyBytesMax }));
  app.post('/join', async (context) => {
    const document = await context.req.json().catch(() => undefined);
    try {
      return context.json(await enrolment.join(document), 201);
    } catch (error) {
      if (!(error instanceof JoinRefused)) throw error;
      refused('nobody', 'POST /join', `${error.reason}: ${error.message}`.slice(0, 300));
      return context.json({ error: error.message, reason: error.reason }, statusOf[error.reason]);
    }
  });
}
