import { createHmac } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseCoordinatorFile } from '../../../../coordinator/config/coordinator-file.ts';
import { slack } from '../../../../coordinator/http/chat/slack.ts';
import { createHttpApp } from '../../../../coordinator/http/http-app.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';

const secret = '8f742231b10e8888abcd99yyyzzz85a5';
const timestamp = 1_531_420_618;
const user = 'U2CERLKJA';
const team = 'T1DC2JH3J';
/** The request, and its signature, of Slack's own documentation (Verifying requests from Slack). */
const documented =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
const documentedSignature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';

describe('a slash command of Slack', () => {
  let directory: TestDirectory;
  let secretFile: string;
  let nowUnixMs: number;
  let asked: { reason: string; by: string }[];
  let refused: string[];
  let isSlow: boolean;
  let app: ReturnType<typeof createHttpApp>;

  beforeEach(() => {
    directory = makeTestDirectory();
    secretFile = join(directory.path, 'slack');
    writeFileSync(secretFile, `${secret}\n`, { mode: 0o600 });
    nowUnixMs = timestamp * 1000;
    [asked, refused, isSlow] = [[], [], false];
    const setup = slack.setUp({ signingSecret: secretFile, team, halters: { [user]: 'sam@example.com' } });
    app = createHttpApp({
      engine: {
        abortWhere: () => [],
        async halt({ reason, by }) {
          asked.push({ reason, by });
          if (isSlow) await new Promise(() => undefined);
          return [
            { host: 'host-a', answer: { epoch: 2, durability: 'durable', latchedMs: 3, restoredMs: 9, receipts: [] } },
            { host: 'host-b', error: 'no <route>' },
          ];
        },
      },
      tokens: async () => [],
      warn: () => {},
      chat: [setup.open({ unixMs: () => nowUnixMs })],
      refused: (by, subject, detail) => void refused.push(`${by} ${subject}: ${detail}`),
    });
  });
  afterEach(() => directory.remove());

  const signatureOf = (body: string, at: number, key = secret): string =>
    `v0=${createHmac('sha256', key).update(`v0:${at}:${body}`).digest('hex')}`;
  const bodyOf = (fields: Record<string, string> = {}): string =>
    new URLSearchParams({ user_id: user, team_id: team, command: '/leash-halt', text: 'smoke', ...fields }).toString();
  function post(body: string, more: { at?: number; signature?: string; headers?: Record<string, string> } = {}) {
    const at = more.at ?? timestamp;
    const headers = more.headers ?? {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': more.signature ?? signatureOf(body, at),
    };
    return app.request('/chat/slack', { method: 'POST', body, headers });
  }
  const textOf = (document: unknown): string => (document as { text: string }).text;
  const statusOf = async (answer: Response | Promise<Response>): Promise<number> => (await answer).status;

  it('as Slack’s documentation has it halts the fleet, and the channel sees what came of it', async () => {
    const answer = await post(documented, { signature: documentedSignature });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      response_type: 'in_channel',
      text: 'Halted: 1 of 2 hosts. Not reached, and told again: host-b (no &lt;route&gt;)',
    });
    expect(asked).toEqual([{ reason: '', by: 'slack:sam@example.com' }]);
  });

  it('has its text as the reason, on one line', async () => {
    expect(await statusOf(post(bodyOf({ text: `fire\nin ${'x'.repeat(600)}` })))).toBe(200);
    expect(asked[0]?.reason).toMatch(/^fire in x+$/);
    expect(asked[0]?.reason).toHaveLength(500);
  });

  it('is refused when it comes again, and when it is over five minutes old or from as far in the future', async () => {
    expect(await statusOf(post(bodyOf()))).toBe(200);
    expect(await statusOf(post(bodyOf()))).toBe(401);
    nowUnixMs += 300_000;
    expect(await statusOf(post(bodyOf()))).toBe(401);
    expect(await statusOf(post(bodyOf({ text: 'other' })))).toBe(200);
    nowUnixMs += 1000;
    expect(await statusOf(post(bodyOf({ text: 'late' })))).toBe(401);
    expect(await statusOf(post(bodyOf({ text: 'early' }), { at: timestamp + 602 }))).toBe(401);
    expect(asked).toHaveLength(2);
    expect(refused).toEqual([
      'nobody /chat/slack: it came before',
      'nobody /chat/slack: it came before',
      'nobody /chat/slack: it is 301 s old, at most 300 taken',
      'nobody /chat/slack: it is 301 s old, at most 300 taken',
    ]);
  });

  it('with any other signature, or none, is nobody’s', async () => {
    const body = bodyOf();
    const good = signatureOf(body, timestamp);
    const changed = `${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`;
    for (const signature of [
      changed,
      signatureOf(body, timestamp, 'guess'),
      signatureOf(body, timestamp + 1),
      'v0=',
      '',
    ])
      expect(await statusOf(post(body, { signature }))).toBe(401);
    expect(await statusOf(post(`${body}&text=more`, { signature: good }))).toBe(401);
    expect(await statusOf(post(body, { signature: good.replace('v0', 'v1') }))).toBe(401);
    expect(await statusOf(post(body, { headers: {} }))).toBe(401);
    expect(await statusOf(post(body, { headers: { authorization: `Bearer ${secret}` } }))).toBe(401);
    expect(
      await statusOf(post(body, { headers: { 'x-slack-signature': good, 'x-slack-request-timestamp': '1e9' } })),
    ).toBe(401);
    expect(asked).toEqual([]);
    // None of those has used up the good one.
    expect(await statusOf(post(body))).toBe(200);
  });

  it('of somebody else, or of another workspace, halts nothing and says so to them alone', async () => {
    const other = await post(bodyOf({ user_id: 'U000000EVE' }));
    expect([other.status, await other.json()]).toEqual([
      200,
      { response_type: 'ephemeral', text: 'Nothing was halted: U000000EVE is not among chat.slack.halters.' },
    ]);
    const elsewhere = await post(bodyOf({ team_id: 'T0000000X' }));
    expect(textOf(await elsewhere.json())).toContain('the workspace T0000000X is not T1DC2JH3J');
    const nameless = await post(bodyOf({ user_id: '__proto__' }));
    expect(textOf(await nameless.json())).toContain('Nothing was halted');
    expect(asked).toEqual([]);
    expect(refused[0]).toBe('slack:U000000EVE /chat/slack: U000000EVE is not among chat.slack.halters');
  });

  it('is answered within the three seconds that Slack waits, also where hosts are slow', async () => {
    isSlow = true;
    const startedAtMs = performance.now();
    const answer = await post(bodyOf());
    expect(textOf(await answer.json())).toContain('not every host has answered yet');
    expect(performance.now() - startedAtMs).toBeLessThan(3000);
    expect(asked).toHaveLength(1);
  });

  it('is bounded, needs POST, and halts nothing where its secret cannot be read', async () => {
    expect(await statusOf(post(bodyOf({ text: 'x'.repeat(20_000) })))).toBe(413);
    expect(await statusOf(app.request('/chat/slack'))).toBe(405);
    expect(await statusOf(app.request('/chat/other', { method: 'POST' }))).toBe(404);
    chmodSync(secretFile, 0o644);
    expect(await statusOf(post(bodyOf()))).toBe(500);
    chmodSync(secretFile, 0o600);
    writeFileSync(secretFile, 'another');
    expect(await statusOf(post(bodyOf()))).toBe(401);
    expect(asked).toEqual([]);
  });
});

describe('`chat` of the coordinator’s own file', () => {
  it('is read with line and column, and knows what is meant', () => {
    const file = (text: string) => parseCoordinatorFile('c.yaml', text);
    const good =
      'chat: { slack: { signingSecret: /etc/leash/slack, team: T0001, halters: { U024BE7LH: sam@example.com } } }\n';
    expect(file(good).chat).toHaveLength(1);
    expect(file('access: {}\n').chat).toEqual([]);
    expect(() => file(good.replace('slack:', 'slak:'))).toThrow(/slack/);
    expect(() => file(good.replace('U024BE7LH', 'sam'))).toThrow(/U024BE7LH/);
    expect(() => file(good.replace('/etc/leash/slack', 'secret'))).toThrow(/absolute path/);
    expect(() => file(good.replace('team: T0001, ', ''))).toThrow(/team/);
  });
});
