/** How much metadata a call may bring. grpc-js has an option for it that its servers do not read: Node's 64 KiB hold there. */
import { type Metadata, ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';

export const metadataBytesMax = 8192;
/** RFC 7540, 6.5.2: what a field counts beside its name and its value. */
const fieldOverheadBytes = 32;

export const limitMetadata: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start(next) {
      next({
        onReceiveMetadata(metadata, take) {
          const bytes = sizeOf(metadata);
          if (bytes <= metadataBytesMax) {
            take(metadata);
            return;
          }
          const details = `metadata of ${bytes} bytes, at most ${metadataBytesMax} are read`;
          call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details });
        },
      });
    },
  });

function sizeOf(metadata: Metadata): number {
  let bytes = 0;
  for (const [name, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of [values].flat()) bytes += name.length + String(value).length + fieldOverheadBytes;
  }
  return bytes;
}
