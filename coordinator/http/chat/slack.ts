/**
 * A slash command of Slack, such as /leash-halt. Slack signs each request (version v0: HMAC-SHA256 over the time and the
 * raw body, with the app's signing secret), so that whatever stands between can neither make one up nor change one.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { readSecret } from '../../permits/secret-file.ts';
import { type ChatDoor, type ChatOrder, chatTool } from './chat-tool.ts';

const absolutePath = z.string().regex(/^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/, 'must be an absolute path without ..');
const userId = z.string().regex(/^[UW][A-Z0-9]{2,30}$/, 'must be the id of a member, such as U024BE7LH');

const settings = z.strictObject({
  /** The path of a file with the app's signing secret. */
  signingSecret: absolutePath,
  /** Ids of members are unique in one workspace only. */
  team: z.string().regex(/^[TE][A-Z0-9]{2,30}$/, 'must be the id of a workspace, such as T0001'),
  /** Who may halt: the id of a member, and the name that the audit has for them. */
  halters: z.record(userId, z.string().regex(/^[\x21-\x7e]{1,255}$/, 'must be a name without spaces')),
});

type Settings = z.output<typeof settings>;

/** As Slack recommends: what is older may be a replay. */
const windowSeconds = 300;
const reasonCharactersMax = 500;

export const slack = chatTool<Settings>({
  name: 'slack',
  settings,
  open({ signingSecret, team, halters }, { unixMs }): ChatDoor {
    /** Signatures that were taken, by when they are too old by themselves. Those of Slack alone get in here. */
    const taken = new Map<string, number>();
    const names = new Map(Object.entries(halters));

    function isFirst(signature: string, staleAtUnixMs: number): boolean {
      for (const [known, at] of taken) if (at < unixMs()) taken.delete(known);
      if (taken.has(signature)) return false;
      taken.set(signature, staleAtUnixMs);
      return true;
    }

    function orderOf(body: Buffer): ChatOrder {
      const form = new URLSearchParams(body.toString());
      const [user, from] = [form.get('user_id') ?? '', form.get('team_id') ?? ''];
      const by = `slack:${plain(user) || 'nobody'}`;
      if (from !== team) return { kind: 'not-allowed', by, detail: `the workspace ${plain(from)} is not ${team}` };
      const name = names.get(user);
      if (name === undefined)
        return { kind: 'not-allowed', by, detail: `${plain(user)} is not among chat.slack.halters` };
      const reason = (form.get('text') ?? '').replaceAll(/[\0\r\n]+/g, ' ').slice(0, reasonCharactersMax);
      return { kind: 'halt', by: `slack:${name}`, reason };
    }

    return {
      name: 'slack',
      headerProblem(headers) {
        const { seconds, signature } = signed(headers);
        if (signature === undefined) return 'it has no signature of Slack';
        if (seconds === undefined) return 'it has no time of Slack';
        const age = Math.abs(unixMs() / 1000 - seconds);
        return age <= windowSeconds ? undefined : `it is ${Math.round(age)} s old, at most ${windowSeconds} taken`;
      },
      async read(headers, body) {
        const secret = await readSecret(signingSecret);
        const { seconds = 0, timestamp, signature = '' } = signed(headers);
        const expected = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest();
        if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) {
          return { kind: 'not-authentic', detail: 'its signature is not that of the signing secret' };
        }
        if (!isFirst(signature, (seconds + windowSeconds) * 1000)) {
          return { kind: 'not-authentic', detail: 'it came before' };
        }
        return orderOf(body);
      },
      answer: (text, to) => ({
        response_type: to === 'channel' ? 'in_channel' : 'ephemeral',
        text: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
      }),
    };
  },
});

interface Signed {
  /** As it was signed. */
  readonly timestamp: string;
  readonly seconds: number | undefined;
  /** 64 hexadecimal digits. */
  readonly signature: string | undefined;
}

function signed(headers: Headers): Signed {
  const timestamp = headers.get('x-slack-request-timestamp') ?? '';
  return {
    timestamp,
    seconds: /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : undefined,
    signature: /^v0=([0-9a-f]{64})$/.exec(headers.get('x-slack-signature') ?? '')?.[1],
  };
}

/** For the audit and the log. */
function plain(text: string): string {
  return text.replaceAll(/[^\w.-]+/g, '').slice(0, 40);
}
