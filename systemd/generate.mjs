// Makes the reference pages from the code of both programs. With --check nothing is written, and what is not current is named.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'node_modules/.cache/leash-reference', String(process.pid));
const pagesFolder = 'systemd/docs/reference';

// What this shell is set to is no default of the programs.
for (const name of Object.keys(process.env)) if (name.startsWith('LEASH_')) delete process.env[name];

try {
  const pages = await makePages();
  if (process.argv.includes('--check')) check(pages);
  else write(pages);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function makePages() {
  const bundle = join(folder, 'pages.mjs');
  mkdirSync(folder, { recursive: true });
  buildSync({
    entryPoints: [join(root, 'systemd/reference/pages.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['koffi', 'libsql'],
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
  });
  const { referencePages } = await import(pathToFileURL(bundle).href);
  const protoFolder = join(root, 'proto/leash/v1');
  const files = readdirSync(protoFolder).sort();
  const pages = await referencePages(files.map((name) => readFileSync(join(protoFolder, name), 'utf8')));
  return pages.map(([name, text]) => [`${pagesFolder}/${name}`, `${text.trimEnd()}\n`]);
}

function write(pages) {
  for (const [path, text] of pages) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function check(pages) {
  const isCurrent = ([path, text]) => existsSync(join(root, path)) && readFileSync(join(root, path), 'utf8') === text;
  const stale = pages.filter((page) => !isCurrent(page));
  if (stale.length === 0) return;
  console.error(`not current: ${stale.map(([path]) => path).join(', ')}; run \`npm run generate\``);
  process.exitCode = 1;
}
