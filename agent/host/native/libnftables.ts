/**
 * The library behind nft(8) (libnftables(3)). In this process rather than in a child: then the netlink socket that owns
 * the table is this process's own, nothing else has to die for the table to go, and the answer is a return value.
 */
import { requireLibc } from '../../../shared/libc.ts';

export interface Nftables {
  /** @returns what nft says against it; undefined when the kernel took all of it. */
  run(command: string): string | undefined;
  /** Closes the netlink socket: tables with `flags owner` go. Idempotent. */
  close(): void;
}

const libraryName = 'libnftables.so.1';

/**
 * Run one command only: a second one may open the socket anew when others change rules meanwhile, and the first one's
 * table would go with the old socket.
 * @throws Error where the library is not installed, or a netlink socket is not to be had.
 */
export function openNftables(): Nftables {
  const library = requireLibc().koffi.load(libraryName);
  const contextNew = library.func('void *nft_ctx_new(uint32_t flags)');
  const contextFree = library.func('void nft_ctx_free(void *context)');
  const bufferError = library.func('int nft_ctx_buffer_error(void *context)');
  const bufferOutput = library.func('int nft_ctx_buffer_output(void *context)');
  const errors = library.func('const char *nft_ctx_get_error_buffer(void *context)');
  const runCommand = library.func('int nft_run_cmd_from_buffer(void *context, const char *command)');

  const context = contextNew(0);
  if (!context) throw new Error('no context of libnftables could be made');
  // Standard output is for reports to the agent.
  bufferError(context);
  bufferOutput(context);
  let isOpen = true;
  return {
    run(command) {
      if (runCommand(context, command) === 0) return undefined;
      return firstLine(errors(context)) || 'nft does not say why';
    },
    close() {
      if (isOpen) contextFree(context);
      isOpen = false;
    },
  };
}

/** The rest repeats the command, with a mark below the place. */
function firstLine(text: string | null): string {
  return (text ?? '').split('\n')[0] ?? '';
}
