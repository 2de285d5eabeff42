/** Server reflection from descriptors made at build time, so that the loader of .proto files stays out of the daemon. */
import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { grpc } from '../proto/codec.ts';
import { descriptorFiles } from '../proto/generated/descriptors.ts';
import { reflectionAlphaService, reflectionService } from '../proto/services.ts';

type Request = grpc.reflection.v1.ServerReflectionRequest;
type Reply = grpc.reflection.v1.ServerReflectionResponse.$Properties;
type File = (typeof descriptorFiles)[number];

/** Adds both names of the protocol. Only the given services are listed. */
export function addReflectionService(server: Server, services: readonly string[]): void {
  const handlers = {
    serverReflectionInfo(call: ServerDuplexStream<Request, Reply>) {
      call.on('data', (request: Request) => call.write({ originalRequest: request, ...answer(request, services) }));
      call.on('end', () => call.end());
      call.on('error', () => call.end());
    },
  };
  server.addService(reflectionService, handlers);
  server.addService(reflectionAlphaService, handlers);
}

function answer(request: Request, services: readonly string[]): Reply {
  if (request.listServices) {
    return {
      listServicesResponse: { service: services.map((name) => ({ name })) },
    };
  }
  const { fileByFilename: name, fileContainingSymbol: symbol } = request;
  const file = descriptorFiles.find((candidate) =>
    name ? candidate.name === name : symbol ? candidate.symbols.includes(symbol) : false,
  );
  if (!file) {
    return {
      errorResponse: {
        errorCode: status.NOT_FOUND,
        errorMessage: `nothing is known of "${name || symbol || ''}"`,
      },
    };
  }
  const bytes = withDependencies(file).map((each) => Buffer.from(each.base64, 'base64'));
  return { fileDescriptorResponse: { fileDescriptorProto: bytes } };
}

function withDependencies(file: File, found: File[] = []): readonly File[] {
  if (found.includes(file)) return found;
  found.push(file);
  for (const name of file.dependencies) {
    const dependency = descriptorFiles.find((candidate) => candidate.name === name);
    if (dependency) withDependencies(dependency, found);
  }
  return found;
}
