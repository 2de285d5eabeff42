// Makes what follows from the faults: their documentation, the schema of their parameters, and the unit of the agent.
// With --check nothing is written, and what is not current is named.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Inside the project, since the bundle asks for koffi from where it lies.
const folder = join(root, 'node_modules/.cache/leash-generate', String(process.pid));

try {
  const documents = await generate();
  if (process.argv.includes('--check')) check(documents);
  else write(documents);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Each path with its text. */
async function generate() {
  const bundle = join(folder, 'documents.mjs');
  mkdirSync(folder, { recursive: true });
  buildSync({
    stdin: { contents: entry(), resolveDir: root },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['koffi'],
    logLevel: 'error',
  });
  const { agentUnit, dropIns, dropInText, faultKinds, faultSchemas, faultTable } = await import(
    pathToFileURL(bundle).href
  );
  return [
    ['agent/faults/README.md', faultTable(faultKinds)],
    ['proto/generated/fault-schemas.ts', schemaModule(faultSchemas(faultKinds))],
    ['systemd/leash-agent.service', agentUnit(faultKinds)],
    ...dropIns.map((dropIn) => [`systemd/drop-ins/${dropIn.name}.conf`, dropInText(dropIn, faultKinds)]),
  ];
}

function entry() {
  return [
    "export { faultSchemas } from './agent/app/fault-schema.ts';",
    "export { faultTable } from './agent/app/fault-table.ts';",
    "export { dropIns, dropInText } from './agent/app/drop-ins.ts';",
    "export { agentUnit } from './agent/app/unit.ts';",
    "export { faultKinds } from './agent/faults/index.ts';",
  ].join('\n');
}

function schemaModule(schemas) {
  return [
    '// Made from the faults by `npm run generate`; do not edit.',
    "import type { JsonObject } from '../struct.ts';",
    '',
    '/** JSON Schema of the parameters of each fault that this release knows; an agent of another release may know others. */',
    `export const faultSchemas: { readonly [kind: string]: JsonObject } = ${JSON.stringify(schemas, undefined, 2)};`,
    '',
  ].join('\n');
}

function write(documents) {
  for (const [path, text] of documents) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function check(documents) {
  const isCurrent = ([path, text]) => existsSync(join(root, path)) && readFileSync(join(root, path), 'utf8') === text;
  const stale = documents.filter((document) => !isCurrent(document));
  if (stale.length === 0) return;
  console.error(`not current: ${stale.map(([path]) => path).join(', ')}; run \`npm run generate\``);
  process.exitCode = 1;
}
