/** A process of a table: its stat file was read, and each other file is read when it is first asked about. */
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { ProcessFacts } from '../core/process.ts';
import type { CgroupPlace } from './cgroup-path.ts';
import type { Reading } from './freshness.ts';
import type { Owner, ProcessFiles } from './process-files.ts';
import type { AccountNames } from './users.ts';

export interface Accounts {
  readonly users: AccountNames;
  readonly groups: AccountNames;
}

/** What the stat file says. */
export type ProcessOutline = Omit<
  ProcessFacts,
  'uid' | 'gid' | 'user' | 'group' | 'exe' | 'cmdline' | 'cgroup' | 'unit'
>;

/** Of a process that is gone by the time it is asked about. No account has this number. */
const nobody: Owner = { uid: -1, gid: -1 };
const nowhere: CgroupPlace = { cgroup: '' };

/**
 * A class for the sake of its getters, of which ten thousand objects share one copy. Arguments are read anew each time:
 * a process may write over them at any moment, and kept they would be the largest part of a table.
 */
export class ProcessOnDemand implements ProcessFacts {
  readonly identity: ProcessIdentity;
  readonly parentPid: number;
  readonly name: string;
  readonly state: string;
  readonly threads: number;
  readonly residentBytes: number;
  readonly sessionId: number;
  readonly isKernelThread: boolean;
  readonly reading: Reading;
  readonly #files: ProcessFiles;
  readonly #accounts: Accounts;
  #owner: Owner | undefined;
  #place: CgroupPlace | undefined;
  /** null: there is none to be read. */
  #exe: string | null | undefined;

  constructor(outline: ProcessOutline, reading: Reading, files: ProcessFiles, accounts: Accounts) {
    this.identity = outline.identity;
    this.parentPid = outline.parentPid;
    this.name = outline.name;
    this.state = outline.state;
    this.threads = outline.threads;
    this.residentBytes = outline.residentBytes;
    this.sessionId = outline.sessionId;
    this.isKernelThread = outline.isKernelThread;
    this.reading = reading;
    this.#files = files;
    this.#accounts = accounts;
  }

  get uid(): number {
    return this.#ownedBy().uid;
  }

  get gid(): number {
    return this.#ownedBy().gid;
  }

  get user(): string | undefined {
    return this.#accounts.users.nameOf(this.uid);
  }

  get group(): string | undefined {
    return this.#accounts.groups.nameOf(this.gid);
  }

  get exe(): string | undefined {
    if (this.isKernelThread) return undefined;
    if (this.#exe === undefined) this.#exe = this.#files.exe(this.reading.place) ?? null;
    return this.#exe ?? undefined;
  }

  get cmdline(): readonly string[] {
    return this.isKernelThread ? [] : (this.#files.cmdline(this.reading.place) ?? []);
  }

  get cgroup(): string {
    return this.#placed().cgroup;
  }

  get unit(): string | undefined {
    return this.#placed().unit;
  }

  #ownedBy(): Owner {
    this.#owner ??= this.#files.owner(this.identity.pid) ?? nobody;
    return this.#owner;
  }

  #placed(): CgroupPlace {
    this.#place ??= this.#files.cgroup(this.reading.place) ?? nowhere;
    return this.#place;
  }
}
