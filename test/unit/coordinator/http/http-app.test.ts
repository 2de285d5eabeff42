import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunState } from '../../../../coordinator/core/run.ts';
import { createHttpApp } from '../../../../coordinator/http/http-app.ts';
import { addToken, readTokens, removeToken } from '../../../../coordinator/http/tokens.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';

const runs = [
  ['run-1', 'shop-pause', { service: 'shop' }],
  ['run-2', 'mail-pause', { service: 'mail' }],
  ['run-3', 'bare-pause', {}],
].map(([runId, name, labels]) => ({ facts: { runId, experiment: { name, labels } } }) as unknown as RunState);

describe('the door for webhooks', () => {
  let directory: TestDirectory;
  let path: string;
  let all: string;
  let shopOnly: string;
  let asked: { reason: string; by: string }[];
  let refused: string[][];

  beforeEach(async () => {
    directory = makeTestDirectory();
    path = join(directory.path, 'tokens.json');
    all = await addToken(path, { name: 'grafana', match: [], nowUnixMs: 1 });
    shopOnly = await addToken(path, { name: 'alertmanager', match: ['service'], nowUnixMs: 1 });
    asked = [];
    refused = [];
  });
  afterEach(() => directory.remove());

  function post(target: string, body: unknown, token = all, more: RequestInit = {}) {
    const app = createHttpApp({
      engine: {
        abortWhere(matches, reason, by) {
          asked.push({ reason, by });
          return runs.filter(matches).map((run) => run.facts.runId);
        },
        async halt({ reason, by }) {
          asked.push({ reason, by });
          return [
            { host: 'host-a', answer: { epoch: 2, durability: 'durable', latchedMs: 3, restoredMs: 9, receipts: [] } },
            { host: 'host-b', error: 'no route' },
          ];
        },
      },
      tokens: () => readTokens(path),
      halterOf: async (secret) => (secret === 'a.person.token' ? 'oidc:alice' : undefined),
      warn: () => {},
      refused: (...words) => void refused.push(words),
    });
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return app.request(target, { method: 'POST', headers, body: text, ...more });
  }

  const webhook = (status: string, labels: Record<string, string>) => ({
    version: '4',
    groupKey: '{}',
    status,
    alerts: [{ status, labels, annotations: {}, startsAt: '2026-01-01T00:00:00Z' }],
  });

  it('aborts what an alert is about, and everything that it does not say it is not about', async () => {
    const answer = await post(
      '/v1/alertmanager',
      webhook('firing', { alertname: 'Errors', service: 'shop' }),
      shopOnly,
    );
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ aborted: ['run-1', 'run-3'] });
    expect(asked).toEqual([{ reason: 'alert Errors', by: 'token alertmanager' }]);
    const other = await post('/v1/alertmanager', webhook('firing', { alertname: 'Errors' }), shopOnly);
    expect(await other.json()).toEqual({ aborted: ['run-1', 'run-2', 'run-3'] });
  });

  it('lets an alert that is over abort nothing', async () => {
    const answer = await post('/v1/alertmanager', webhook('resolved', { alertname: 'Errors' }));
    expect([answer.status, await answer.json()]).toEqual([200, { aborted: [] }]);
  });

  it.each([
    ['', ['run-1', 'run-2', 'run-3']],
    [{ anything: ['of', 'any', 'tool'] }, ['run-1', 'run-2', 'run-3']],
    [{ run: 'run-2', reason: 'a\nb' }, ['run-2']],
    [{ experiment: 'bare-pause' }, ['run-3']],
    [{ run: 7, labels: 'x' }, ['run-1', 'run-2', 'run-3']],
  ])('aborts by any POST: %j', async (body, aborted) => {
    const answer = await post('/v1/abort', body);
    expect([answer.status, await answer.json()]).toEqual([202, { aborted }]);
  });

  it('says what is wrong', async () => {
    const statusOf = async (answer: Response | Promise<Response>): Promise<number> => (await answer).status;
    expect(await statusOf(post('/v1/abort', { run: 'run-9' }))).toBe(404);
    expect(await statusOf(post('/v1/abort', '{'))).toBe(400);
    expect(await statusOf(post('/v1/alertmanager', { version: '3', alerts: [] }))).toBe(400);
    expect(await statusOf(post('/v1/alertmanager', '[]'))).toBe(400);
    expect(await statusOf(post('/v1/nothing', {}))).toBe(404);
    expect(await statusOf(post('/v1/abort', 'x'.repeat(262_145)))).toBe(413);
    expect(await statusOf(post('/v1/abort', '', all, { method: 'PUT' }))).toBe(405);
    expect(await statusOf(post('/v1/abort', {}, 'wrong'))).toBe(401);
    expect(await statusOf(post('/v1/abort', 'x'.repeat(262_145), 'wrong'))).toBe(401);
    expect(await statusOf(post('/v1/abort', {}, '', { headers: {} }))).toBe(401);
    expect(asked).toHaveLength(1);
  });

  it('gives each "no" to the audit, with who asked for what, and never with the token', async () => {
    const mayAbort = await addToken(path, { name: 'aborter', match: [], may: ['abort'], nowUnixMs: 1 });
    await post('/v1/abort', {}, 'wrong-secret');
    await post('/v1/halt', {}, '', { headers: {} });
    await post('/v1/halt', {}, mayAbort);
    await post(`/v1/${'x'.repeat(4000)}`, {}, 'wrong-secret');
    expect(refused.slice(0, 3)).toEqual([
      ['nobody', 'POST /v1/abort', 'a token that is not known, or may not'],
      ['nobody', 'POST /v1/halt', 'no token'],
      ['token aborter', 'POST /v1/halt', 'this token may abort, and not halt'],
    ]);
    expect(refused[3]?.[1]).toHaveLength(100);
    expect(JSON.stringify(refused)).not.toContain('wrong-secret');
    await post('/v1/abort', {}, mayAbort);
    expect(refused).toHaveLength(4);
  });

  it('keeps no token, only its hash, in a file that nobody else may read', async () => {
    const text = readFileSync(path, 'utf8');
    expect(text).not.toContain(all);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await removeToken(path, 'grafana');
    expect((await post('/v1/abort', {})).status).toBe(401);
    expect((await post('/v1/abort', {}, shopOnly)).status).toBe(202);
    chmodSync(path, 0o644);
    await expect(readTokens(path)).rejects.toThrow('others may read it (mode 644)');
    expect((await post('/v1/abort', {}, shopOnly)).status).toBe(500);
  });

  it('halts the fleet by one POST with any body, also for a person, unless the token was narrowed', async () => {
    const answer = await post('/v1/halt', '');
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({
      halted: true,
      hosts: [
        { host: 'host-a', latched: true, latchedMs: 3, durability: 'durable', restoredMs: 9 },
        { host: 'host-b', latched: false, error: 'no route' },
      ],
    });
    expect((await post('/v1/halt', { reason: 'smoke' }, 'a.person.token')).status).toBe(202);
    expect((await post('/v1/halt', 'not JSON at all')).status).toBe(202);
    expect(asked).toEqual([
      { reason: '', by: 'token grafana' },
      { reason: 'smoke', by: 'oidc:alice' },
      { reason: '', by: 'token grafana' },
    ]);
    const narrow = await addToken(path, { name: 'narrow', match: [], may: ['abort'], nowUnixMs: 1 });
    expect((await post('/v1/halt', '', narrow)).status).toBe(403);
    expect((await post('/v1/abort', '', 'a.person.token')).status).toBe(401);
    expect((await post('/v1/halt', '', 'guess')).status).toBe(401);
    expect(asked).toHaveLength(3);
  });
});
