/** What is in a product, as CycloneDX 1.5: every npm package that its bundles were made of, and Node itself. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, nodeVersion } from './architecture.ts';
import type { LockedPackage } from './locked-packages.ts';
import type { Product } from './product.ts';

export interface SbomPlan {
  readonly product: Product;
  readonly architecture: Architecture;
  readonly version: string;
  readonly packages: readonly LockedPackage[];
  readonly projectFolder: string;
  readonly epochSeconds: number;
}

export function sbomText({ product, architecture, version, packages, projectFolder, epochSeconds }: SbomPlan): string {
  const components = [
    component(`node-linux-${architecture.node}`, nodeVersion, architecture.nodeIntegrity, 'MIT'),
    ...packages.map(({ name, version: of, integrity }) =>
      component(name, of, integrity, licenseOf(projectFolder, name)),
    ),
  ];
  const about = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: new Date(epochSeconds * 1000).toISOString(),
      component: { type: 'application', name: product.name, version, licenses: [{ license: { id: 'Apache-2.0' } }] },
    },
    components,
  };
  // A document has a number of its own; the same document has the same one.
  const hash = createHash('sha256').update(JSON.stringify(about)).digest('hex');
  const parts = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `4${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ];
  return `${JSON.stringify({ ...about, serialNumber: `urn:uuid:${parts.join('-')}` }, null, 2)}\n`;
}

function component(name: string, version: string, integrity: string, license: string | undefined): object {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const content = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    hashes: [{ alg: 'SHA-512', content }],
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
  };
}

function licenseOf(projectFolder: string, name: string): string | undefined {
  try {
    const { license } = JSON.parse(readFileSync(join(projectFolder, 'node_modules', name, 'package.json'), 'utf8'));
    return typeof license === 'string' ? license : undefined;
  } catch {
    // Of another platform, and so not installed here.
    return undefined;
  }
}
