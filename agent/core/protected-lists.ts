/** What a policy protects, in addition to the processes that are always protected. */
export interface ProtectedLists {
  /** Of the command or of the executable file. */
  readonly names: readonly string[];
  /** User names, or uids in digits. */
  readonly users: readonly string[];
  /** systemd units, such as "postgresql.service". */
  readonly units: readonly string[];
  /** TCP and UDP: who listens there. */
  readonly ports: readonly number[];
}
