/** Which cgroup: that of a systemd unit, or one by its path. Whether it may be touched is for the policy to say. */
import { InvalidInput, text } from '../../proto/invalid-input.ts';
import { isCgroupPath, isUnitWithCgroup } from '../core/cgroup-name.ts';
import type { Parameter } from './parameter.ts';

function optionalText(summary: string, problem: (value: string) => string | undefined): Parameter<string | undefined> {
  return {
    unit: 'text',
    summary,
    isRequired: false,
    minimum: '',
    maximum: '',
    defaultValue: '',
    fallback: undefined,
    parse(value, path) {
      const parsed = text(value, path, { lengthMin: 1, lengthMax: 2047 });
      const expectation = problem(parsed);
      if (expectation !== undefined) throw new InvalidInput(path, value, expectation);
      return parsed;
    },
  };
}

export const cgroupPlace = {
  unit: optionalText('The systemd unit whose cgroup it is, such as shop.service.', (value) =>
    isUnitWithCgroup(value) ? undefined : 'must be the full name of a service, scope or slice of systemd',
  ),
  cgroup: optionalText('Or its path in the cgroup tree, such as /system.slice/shop.service.', (value) =>
    isCgroupPath(value) ? undefined : 'must be a path in the cgroup tree, such as /system.slice/shop.service',
  ),
};

export const device = optionalText(
  'The block device that `io` is about, by its number, such as 8:0 (lsblk).',
  (value) => (/^\d{1,4}:\d{1,8}$/.test(value) ? undefined : 'must be MAJOR:MINOR, such as 8:0'),
);

/** @throws InvalidInput unless it is exactly one of them. */
export function checkPlace({
  unit,
  cgroup,
}: {
  readonly unit: string | undefined;
  readonly cgroup: string | undefined;
}) {
  if ((unit === undefined) === (cgroup === undefined)) {
    throw new InvalidInput('parameters.unit', unit, 'must be set, or else cgroup, and not both');
  }
}
