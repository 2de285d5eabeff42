/** What runs behind `leash serve` and `leash demo`; `main.ts` loads each only when it is asked for. */
import type { Pid } from '../../proto/identity.ts';
import type { Login, LoginOrder, RenewalOrder } from '../client/device-login.ts';
import type { Address } from '../client/endpoint.ts';
import type { Terminal } from './terminal.ts';

export interface ServeOptions {
  /** An absolute path, or "SCHEME:…". */
  readonly inventory?: string;
  /** Absolute; of the authority, where hosts may join by `http`. */
  readonly authorityDirectory?: string;
  readonly programmeFile?: string;
  readonly stateDirectory: string;
  /** Absolute; the coordinator's own file. */
  readonly coordinatorFile?: string;
  readonly listen: readonly Address[];
  /** Where webhooks come in. */
  readonly http?: Address;
  /** By TLS for those who come with a token instead of a certificate. */
  readonly listenTokens?: Address;
  /** The absolute path of the tokens of programs. */
  readonly tokensFile?: string;
  /** Absolute; of the role coordinator; absent where neither a listener nor an agent is reached by TCP. */
  readonly tlsDirectory?: string;
  /** Stop when this process, which started ours, ends. */
  readonly parentPid?: Pid;
}

export interface DemoOptions {
  readonly terminal: Terminal;
  /** One document at the end instead of the story as it happens. */
  readonly json: boolean;
  /** Where the report of the paused worker goes, as HTML. */
  readonly reportFile?: string;
}

/** The first two resolve to an exit code of `exit-code.ts`. */
export interface Programs {
  serve(options: ServeOptions): Promise<number>;
  demo(options: DemoOptions): Promise<number>;
  /** Loaded only when somebody logs in, or a login has run out. */
  login(order: LoginOrder): Promise<Login>;
  renewLogin(order: RenewalOrder): Promise<Login>;
}
