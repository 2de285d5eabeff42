/** `leash serve`: the coordinator in the foreground, until a signal asks it to stop. */
import { fileURLToPath } from 'node:url';
import type { Listener } from '../../shared/front-door.ts';
import { createLogger } from '../../shared/logger.ts';
import { tetherTo } from '../../shared/tether.ts';
import { keepTlsFiles, tlsNewsText } from '../../shared/tls-identity.ts';
import { exitCodes } from '../cli/exit-code.ts';
import type { Programs } from '../cli/programs.ts';
import type { Address } from '../client/endpoint.ts';
import { serve } from './serve.ts';

export const serveProgram: Programs['serve'] = async (options) => {
  const {
    inventory,
    authorityDirectory,
    coordinatorFile,
    programmeFile,
    stateDirectory,
    listen,
    tlsDirectory,
    parentPid,
  } = options;
  const { http, listenTokens, tokensFile } = options;
  const logger = createLogger('leash');
  if (parentPid !== undefined) tetherTo(parentPid);
  const tls =
    tlsDirectory === undefined
      ? undefined
      : keepTlsFiles(tlsDirectory, {
          roles: ['coordinator'],
          onNews(news) {
            const { isRight, detail } = tlsNewsText(news);
            if (isRight) logger.info({ detail }, 'TLS files, read again');
            else logger.error({ detail }, 'the TLS files cannot be used: the former ones stay in force');
          },
        });
  const listenerAt = (address: Address): Listener => {
    if (address.kind === 'unix') return address;
    if (!tls) throw new Error('TCP without TLS files');
    const colon = address.hostAndPort.lastIndexOf(':');
    const host = address.hostAndPort.slice(0, colon).replace(/^\[|\]$/g, '');
    return { kind: 'tls', host, port: Number(address.hostAndPort.slice(colon + 1)), identity: tls };
  };
  const coordinator = await serve({
    stateDirectory,
    storeProgram: fileURLToPath(new URL('leash-store.js', import.meta.url)),
    ...(inventory === undefined ? {} : { inventory }),
    ...(authorityDirectory === undefined ? {} : { authorityDirectory }),
    ...(coordinatorFile === undefined ? {} : { filePath: coordinatorFile }),
    ...(programmeFile === undefined ? {} : { programmePath: programmeFile }),
    listeners: [...listen.map(listenerAt), ...(listenTokens ? [takingTokens(listenerAt(listenTokens))] : [])],
    ...(http ? { http: listenerAt(http) } : {}),
    ...(tokensFile === undefined ? {} : { tokensPath: tokensFile }),
    ...(tls ? { tls } : {}),
    logger,
  });
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => resolve(name));
  });
  logger.info({ signal }, 'stopping');
  await coordinator.stop();
  tls?.close();
  return exitCodes.done;
};

function takingTokens(listener: Listener): Listener {
  if (listener.kind === 'tls') return { ...listener, takesTokens: true };
  throw new Error('a token is told by TLS only');
}
