/** A coordinator's standing stream: renewals one way, events the other. Nothing ends with it: leases run out by themselves. */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { leash } from '../../proto/codec.ts';
import { renewAll } from './acting.ts';
import { admit, statusOf } from './call.ts';
import { type AgentContext, nowOf } from './context.ts';
import { isNotarial, notarizeWith } from './notarizing.ts';
import { parseRenewals } from './parse.ts';
import { unreadBytesMax } from './reading.ts';
import { eventToWire } from './wire.ts';

export function sessionHandler(context: AgentContext) {
  return (call: ServerDuplexStream<leash.v1.SessionRequest, leash.v1.ISessionReply>): void => {
    const fail = (error: unknown): void => {
      call.emit('error', statusOf(error));
    };
    /** The certificate may have run out since the stream was opened. */
    const isAdmitted = (): boolean => {
      try {
        admit(call, 'session');
        return true;
      } catch (error) {
        fail(error);
        return false;
      }
    };
    const send = (reply: leash.v1.ISessionReply): void => {
      if (!isAdmitted()) return;
      if (call.writableLength > unreadBytesMax) call.end();
      else call.write(reply);
    };
    if (!isAdmitted()) return;
    const { engine, clock } = context;
    const stop = engine.watch((event) => send({ event: eventToWire(event, nowOf(clock), engine.latchDurability()) }));
    const notarizing = notarizeWith(context, admit(call, 'session').name, send);
    const leave = (): void => {
      stop();
      notarizing.leave();
    };
    for (const end of ['cancelled', 'close', 'error'] as const) call.on(end, leave);
    call.on('data', (request: leash.v1.SessionRequest) => {
      if (!isAdmitted()) return;
      if (isNotarial(request)) {
        notarizing.hear(request);
        return;
      }
      try {
        const results = renewAll(context, parseRenewals(request.renewals));
        send({ renewed: { sequence: request.sequence, results } });
      } catch (error) {
        fail(error);
      }
    });
    call.on('end', () => call.end());
    context.describe().then((welcome) => {
      send({ welcome });
      notarizing.join();
    }, fail);
  };
}
