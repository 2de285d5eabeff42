/**
 * The TLS files of a program while it runs: read again when they change, so that a certificate is renewed and another one
 * revoked without a restart. Files that are not right never take the place of those that are: the former ones stay in
 * force, which also covers the moment in which a new certificate is there and its key is not.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { principalUri } from '../proto/role.ts';
import { denyListName, loadTlsFiles, type TlsExpectations, type TlsFiles, TlsProblem } from './tls-files.ts';

export interface TlsIdentity {
  /** In force now, the deny list with them. */
  files(): TlsFiles;
  /** Told after other files came into force. @returns a function that ends it. */
  watch(listener: (files: TlsFiles) => void): () => void;
  /** Looks now whether anything changed. Never throws. */
  refresh(): void;
  close(): void;
}

export type TlsNews =
  | { readonly kind: 'in-force'; readonly files: TlsFiles }
  /** Told once for each reason. */
  | { readonly kind: 'unusable'; readonly problem: string };

export interface TlsIdentityOptions extends Pick<TlsExpectations, 'roles'> {
  onNews(news: TlsNews): void;
  readonly pollMs?: number;
}

/** @throws TlsProblem where the first files are not right. */
export function keepTlsFiles(directory: string, options: TlsIdentityOptions): TlsIdentity {
  const { roles, onNews, pollMs = 1000 } = options;
  const expectations = roles === undefined ? {} : { roles };
  const listeners = new Set<(files: TlsFiles) => void>();
  let seen = fingerprintOf(directory);
  let files = loadTlsFiles(directory, expectations);
  let problem: string | undefined;

  function read(): TlsFiles {
    const next = loadTlsFiles(directory, expectations);
    const [was, is] = [principalUri(files.principal), principalUri(next.principal)];
    if (was !== is) throw new TlsProblem('identity', `${directory}: names ${is} now; restart the program to be that`);
    if (next.denyList.size === 0 && files.denyList.size > 0 && !exists(join(directory, denyListName))) {
      throw new TlsProblem('files', `${directory}/${denyListName}: was removed; an empty one denies nobody`);
    }
    return next;
  }

  function refresh(): void {
    const now = fingerprintOf(directory);
    // What was not right may become so without a change that shows: a date that comes.
    if (now === seen && problem === undefined) return;
    try {
      files = read();
      problem = undefined;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== problem) onNews({ kind: 'unusable', problem: message });
      problem = message;
      return;
    } finally {
      seen = now;
    }
    onNews({ kind: 'in-force', files });
    for (const listener of [...listeners]) listener(files);
  }

  const timer = setInterval(refresh, pollMs).unref();
  return {
    files: () => files,
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh,
    close: () => clearInterval(timer),
  };
}

/** For logs and the audit. */
export function tlsNewsText(news: TlsNews): { readonly isRight: boolean; readonly detail: string } {
  if (news.kind === 'unusable') return { isRight: false, detail: `unusable: ${news.problem}` };
  const { principal, notAfterUnixMs, mark, denyList } = news.files;
  const until = new Date(notAfterUnixMs).toISOString();
  const detail = `in force: ${principalUri(principal)}, serial ${mark.serialNumber}, until ${until}; ${denyList.size} denied`;
  return { isRight: true, detail };
}

/** Changes with the content of any file there, and when another one takes its place. */
function fingerprintOf(directory: string): string {
  try {
    return readdirSync(directory)
      .filter((name) => name === denyListName || name.endsWith('.crt') || name.endsWith('.key'))
      .sort()
      .map((name) => `${name} ${stampOf(join(directory, name))}`)
      .join('\n');
  } catch (error) {
    return String(error);
  }
}

function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ') : 'absent';
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
