import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCatalog } from '../../../../coordinator/catalog/catalog.ts';
import { playbooksFor } from '../../../../coordinator/catalog/playbooks.ts';
import { contentDigest } from '../../../../coordinator/experiment/content-digest.ts';
import { loadExperiment } from '../../../../coordinator/experiment/load-experiment.ts';
import { changed } from '../experiment/written.ts';

const playbook = `apiVersion: leash/v1
kind: Playbook
metadata: { name: restart-shop, owner: shop@example.com }
steps:
  - { systemd: { restart: shop.service } }
  - { exec: { program: refill-cache } }
`;
const experiment = changed(
  'recovery: 30s',
  'rollback: [ { playbook: restart-shop }, { http: { url: "http://127.0.0.1/a" } } ]',
).replace('metadata: { name: user-service-pause,', 'metadata: { name: user-service-pause, tier: P2,');

describe('a playbook', () => {
  let folder: string;
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const problems = (): string[] =>
    readCatalog(folder).problems.map(
      ({ file, line, column, message }) => `${file.slice(folder.length + 1)}:${line}:${column}: ${message}`,
    );

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'leash-catalog-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('stands in the place of its steps, in the order of the file', () => {
    const { rollback } = loadExperiment('e.yaml', experiment, [{ name: 'p.yaml', text: playbook }]);
    expect(rollback).toEqual([
      { kind: 'systemd-restart', unit: 'shop.service' },
      { kind: 'program-run', program: 'refill-cache', args: [] },
      { kind: 'http-call', method: 'POST', url: 'http://127.0.0.1/a' },
    ]);
  });

  it('is part of what is promoted: an edit of it is another experiment', () => {
    const digest = (text: string) => contentDigest(loadExperiment('e.yaml', experiment, [{ name: 'p.yaml', text }]));
    expect(digest(playbook.replace('owner: shop', 'owner: other'))).toBe(digest(playbook));
    expect(digest(playbook.replace('shop.service', 'cart.service'))).not.toBe(digest(playbook));
  });

  it('is linted with the catalog that it is in, which counts it as no experiment', () => {
    write('a.yaml', experiment);
    mkdirSync(join(folder, 'playbooks'));
    write('playbooks/restart.yaml', playbook);
    expect(readCatalog(folder)).toMatchObject({ playbooks: ['restart-shop'], files: 2, problems: [] });
    expect(readCatalog(folder).entries).toHaveLength(1);
  });

  it('that there is none of is an error where it is named, with a suggestion', () => {
    write('a.yaml', experiment.replace('restart-shop', 'restart-shpo'));
    write('p.yaml', playbook);
    expect(problems()).toEqual([
      expect.stringMatching(
        /^a\.yaml:\d+:\d+: rollback\[0\]\.playbook: no playbook is named "restart-shpo"; did you mean "restart-shop"\?/,
      ),
    ]);
  });

  it.each([
    ['no steps', playbook.replace(/steps:[\s\S]*/, 'steps: []\n'), 'steps: must have at least 1'],
    [
      'a step of two kinds',
      playbook.replace('shop.service }', 'shop.service }, exec: { program: x }'),
      'steps[0]: must have exactly one of systemd, http, exec',
    ],
    ['a playbook in it', playbook.replace('exec: { program: refill-cache }', 'playbook: other'), 'steps[1]'],
    ['an unknown key', playbook.replace('steps:', 'step:'), 'step'],
  ])('with %s is refused, with its place', (_what, text, message) => {
    write('p.yaml', text);
    expect(problems().join('\n')).toMatch(/^p\.yaml:\d+:\d+: /);
    expect(problems().join('\n')).toContain(message);
  });

  it('has one name in a catalog', () => {
    write('one.yaml', playbook);
    write('two.yaml', playbook);
    expect(problems()).toEqual(['two.yaml:3:19: metadata.name: one.yaml is named "restart-shop" already']);
  });

  it('is found in the catalog and beside the file, and read only where one is named', () => {
    const path = write('a.yaml', experiment);
    const beside = write('p.yaml', playbook);
    write('other.yaml', playbook.replace('restart-shop', 'other'));
    expect(playbooksFor(path, experiment, join(folder, 'missing'))).toEqual([{ name: beside, text: playbook }]);
    expect(playbooksFor(path, changed('recovery: 30s', 'recovery: 31s'), folder)).toEqual([]);
  });
});
