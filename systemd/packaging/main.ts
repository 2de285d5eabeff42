/** `npm run package`: everything that is released, below build/, with its checksums. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { architectures } from './architecture.ts';
import { buildDeb } from './deb.ts';
import { closureOf, lockedPackages } from './locked-packages.ts';
import { buildNpmPackage } from './npm-package.ts';
import { products } from './product.ts';
import { sbomText } from './sbom.ts';
import { stage } from './staging.ts';
import { buildTarball } from './tarball.ts';

interface Options {
  readonly out: string;
  readonly arch: readonly string[];
  readonly product: readonly string[];
  readonly form: readonly string[];
  readonly release?: string;
  readonly quick?: boolean;
}

const forms = ['deb', 'tarball', 'npm'];
/** Of the bundle it stands in, and of the sources: both are one folder below the project. */
const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)));

new Command('package')
  .description('build .deb, tarball and npm package, with an SBOM and checksums; the same input gives the same bytes')
  .option('--out <directory>', 'where they go', 'build')
  .addOption(
    new Option('--arch <name...>', 'processors')
      .choices(architectures.map(({ debian }) => debian))
      .default(architectures.map(({ debian }) => debian)),
  )
  .addOption(
    new Option('--product <name...>', 'which')
      .choices(products.map(({ name }) => name))
      .default(products.map(({ name }) => name)),
  )
  .addOption(new Option('--form <name...>', 'in which forms').choices(forms).default(forms))
  .option('--release <version>', 'instead of the version in package.json')
  .addOption(new Option('--quick', 'weak compression, for tests').hideHelp())
  .action(buildAll)
  .parse(process.argv);

function buildAll({ out, arch, product: productNames, form, release, quick = false }: Options): void {
  const outDirectory = resolve(out);
  mkdirSync(outDirectory, { recursive: true });
  const project = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'));
  const version = release ?? project.version;
  const locked = lockedPackages(projectFolder);
  const packages = closureOf(Object.keys(project.dependencies), locked);
  const epochSeconds = sourceDateEpoch();
  const made: string[] = [];
  for (const product of products.filter(({ name }) => productNames.includes(name))) {
    for (const architecture of architectures.filter(({ debian }) => arch.includes(debian))) {
      if (!form.includes('deb') && !form.includes('tarball')) continue;
      const name = `${product.name}_${version}_${architecture.debian}`;
      inFolder((root) => {
        stage({ product, architecture, version, projectFolder, locked, root });
        const sbom = sbomText({ product, architecture, version, packages, projectFolder, epochSeconds });
        const sbomPath = join(outDirectory, `${name}.cdx.json`);
        writeFileSync(join(root, 'usr/share/doc', product.name, 'sbom.cdx.json'), sbom);
        writeFileSync(sbomPath, sbom);
        made.push(sbomPath);
        const scripts = join(projectFolder, 'systemd/packaging/debian');
        if (form.includes('deb'))
          made.push(
            buildDeb({ product, architecture, version, root, scripts, epochSeconds, outDirectory, isQuick: quick }),
          );
        if (form.includes('tarball')) made.push(buildTarball({ root, name, epochSeconds, outDirectory }));
      });
    }
  }
  if (form.includes('npm')) {
    inFolder((root) => made.push(buildNpmPackage({ projectFolder, version, root, epochSeconds, outDirectory })));
  }
  const sums = made
    .sort()
    .map((path) => `${createHash('sha256').update(readFileSync(path)).digest('hex')}  ${basename(path)}\n`);
  writeFileSync(join(outDirectory, 'SHA256SUMS'), sums.join(''));
  process.stdout.write(sums.join(''));
}

function inFolder(use: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'leash-package-'));
  try {
    use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** SOURCE_DATE_EPOCH (reproducible-builds.org), or when the last commit was made. */
function sourceDateEpoch(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined && /^\d{1,11}$/.test(given)) return Number(given);
  return Number(
    execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: projectFolder, encoding: 'utf8', timeout: 10_000 }),
  );
}
