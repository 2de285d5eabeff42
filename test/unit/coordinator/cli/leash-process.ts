/** The real `leash`, bundled once as it ships, and run as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'tsup';

const root = join(import.meta.dirname, '../../../..');

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves when standard output contains the text. */
  says(text: string): Promise<void>;
}

export interface Leash {
  /** Home and state directory of every process; removed by `remove`. */
  readonly directory: string;
  start(words: readonly string[], environment?: NodeJS.ProcessEnv): Running;
  run(words: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Finished>;
  remove(): void;
}

const deadlineMs = 20_000;

export async function buildLeash(): Promise<Leash> {
  const directory = mkdtempSync(join(tmpdir(), 'leash-cli-'));
  await build({
    config: false,
    entry: { leash: join(root, 'coordinator/main.ts') },
    outDir: directory,
    format: ['esm'],
    outExtension: () => ({ js: '.mjs' }),
    target: 'node20',
    platform: 'node',
    splitting: false,
    silent: true,
    dts: false,
    noExternal: [/.*/],
    external: ['koffi', 'libsql'],
    banner: { js: "import { createRequire as _r } from 'node:module'; const require = _r(import.meta.url);" },
  });
  const start = (words: readonly string[], environment: NodeJS.ProcessEnv = {}): Running => {
    const child = spawn(process.execPath, [join(directory, 'leash.mjs'), ...words], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory, COLUMNS: '80', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
    });
    let out = '';
    let error = '';
    const listeners = new Set<() => void>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      for (const listener of listeners) listener();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      error += text;
    });
    const finished = new Promise<Finished>((resolve) => {
      child.once('close', (code) => resolve({ code, out, error }));
    });
    return {
      child,
      finished,
      says: (text) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            if (out.includes(text)) resolve();
          };
          listeners.add(look);
          look();
          void finished.then(() => reject(new Error(`ended without saying "${text}":\n${out}\n${error}`)));
        }),
    };
  };
  return {
    directory,
    start,
    run: (words, environment) => start(words, environment).finished,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
