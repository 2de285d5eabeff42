/** Where faults may make their files, which have no name but take space. */
import { type Limit, no } from './limit.ts';

export const pathAllowedLimit: Limit = {
  name: 'paths.allow',
  summary: 'directories in which faults may make their files',
  shown: ({ paths }) => paths.allow.join(', ') || 'none',
  refusals({ fault, directory }, { policy }) {
    if (!directory) return [];
    const { path, space, fileSystems } = directory;
    if (!isPathAllowed(path, policy.paths.allow)) {
      const message = `${path} is not in a directory of paths.allow (${policy.paths.allow.join(', ') || 'none'})`;
      return no('paths.allow', 'path-not-allowed', message, { value: path });
    }
    if (!space) {
      return no('paths.allow', 'fault-unavailable', `the file system of ${path} cannot be asked`, { value: path });
    }
    if (!fileSystems || fileSystems.includes(space.type)) return [];
    const message = `${path} is on ${space.type}; ${fault.kind} works on ${fileSystems.join(', ')}`;
    return no('paths.allow', 'fault-unavailable', message, { value: space.type, bound: fileSystems.join(', ') });
  },
};

/** By the names alone: nothing is looked up, since a path that is not allowed is not even to be touched. */
export function isPathAllowed(path: string, allowed: readonly string[]): boolean {
  return allowed.some((one) => one === '/' || path === one || path.startsWith(`${one}/`));
}
