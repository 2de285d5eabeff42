/** In place of `shared/server-options.ts`: what bounds a real connection has no meaning where messages are handed over. */

export function serverOptions(): object {
  return {};
}
