/** What is asked of git(1): to read a commit, never the working tree, and to check who signed it. No shell, no hooks, no network. */
import { execFile } from 'node:child_process';

export interface Git {
  /** @throws Error where there is no such branch. */
  commitOf(branch: string): Promise<string>;
  /** The names of the files of the folder itself, as they are in a commit. */
  list(commit: string): Promise<readonly string[]>;
  read(commit: string, name: string): Promise<string>;
  /** The last commit, at or before this one, that changed the file. */
  lastCommitOf(commit: string, name: string): Promise<string>;
  /** As it is hashed, without its header. */
  object(type: 'commit' | 'tree', id: string): Promise<Buffer>;
  /** Where the folder is in the repository: "" for its root, or "leash/intents/". */
  prefix(): Promise<string>;
  /** By an SSH key. */
  verifyCommit(commit: string, allowedSigners: string): Promise<CommitSignature>;
}

export type CommitSignature =
  | { readonly isGood: true; readonly by: string }
  | { readonly isGood: false; readonly reason: string };

const deadlineMs = 5000;
const outputBytesMax = 1_048_576;

/** @param folder absolute, of a working tree. */
export function openGit(folder: string): Git {
  /** Whatever the repository or a user's own file may say is left aside: they could name programs to run. */
  const run = (...args: readonly string[]): Promise<{ output: Buffer; errors: string; isDone: boolean }> =>
    new Promise((resolve, reject) => {
      const fixed = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'protocol.allow=never'];
      const options = {
        cwd: folder,
        timeout: deadlineMs,
        maxBuffer: outputBytesMax,
        encoding: 'buffer',
        env: {
          PATH: '/usr/local/bin:/usr/bin:/bin',
          LC_ALL: 'C',
          HOME: '/nonexistent',
          GIT_CONFIG_NOSYSTEM: '1',
          // What a commit has is what its id says, whatever somebody would have it replaced by.
          GIT_NO_REPLACE_OBJECTS: '1',
        },
      } as const;
      execFile('git', [...fixed, ...args], options, (error, output, errors) => {
        if (error && typeof error.code !== 'number') reject(new Error(`git could not be run: ${error.message}`));
        else resolve({ output, errors: errors.toString(), isDone: !error });
      });
    });
  const askBytes = async (...args: readonly string[]): Promise<Buffer> => {
    const { output, errors, isDone } = await run(...args);
    if (!isDone) throw new Error(`git ${args[0]}: ${errors.trim().split('\n')[0] ?? ''}`);
    return output;
  };
  const ask = async (...args: readonly string[]): Promise<string> => (await askBytes(...args)).toString();

  return {
    commitOf: async (branch) => (await ask('rev-parse', '--verify', '--end-of-options', `${branch}^{commit}`)).trim(),
    list: async (commit) =>
      (await ask('ls-tree', '-z', '--name-only', commit, '--', './'))
        .split('\0')
        .flatMap((path) => path.split('/').at(-1) || []),
    read: (commit, name) => ask('cat-file', 'blob', `${commit}:./${name}`),
    lastCommitOf: async (commit, name) => (await ask('rev-list', '-1', commit, '--', `./${name}`)).trim(),
    object: (type, id) => askBytes('cat-file', type, id),
    prefix: async () => (await ask('rev-parse', '--show-prefix')).replace(/\n$/, ''),
    async verifyCommit(commit, allowedSigners) {
      const { errors, isDone } = await run(
        '-c',
        'gpg.format=ssh',
        '-c',
        'gpg.ssh.program=ssh-keygen',
        '-c',
        `gpg.ssh.allowedSignersFile=${allowedSigners}`,
        'verify-commit',
        commit,
      );
      const by = /^Good "git" signature for (\S+) with /m.exec(errors)?.[1];
      if (isDone && by !== undefined) return { isGood: true, by };
      if (errors.trim() === '') return { isGood: false, reason: 'is not signed' };
      return { isGood: false, reason: `is not signed by somebody who may: ${errors.trim().split('\n')[0]}` };
    },
  };
}
