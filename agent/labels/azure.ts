/** Azure, by its instance metadata service. */
import { z } from 'zod';
import type { LabelSource } from './label-source.ts';
import { tagLabels } from './tag-labels.ts';

const compute = z.object({
  location: z.string(),
  zone: z.string().default(''),
  vmId: z.string(),
  vmSize: z.string(),
  tagsList: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
});

export const azure: LabelSource = {
  name: 'azure',
  isCloud: true,
  summary: 'Azure: region, zone, instance, instance-type, and tag/…',
  async read(metadata) {
    const answer = await metadata.ask({
      path: '/metadata/instance/compute?api-version=2021-02-01&format=json',
      headers: { Metadata: 'true' },
    });
    if (!answer) return undefined;
    const { location, zone, vmId, vmSize, tagsList } = compute.parse(JSON.parse(answer.text));
    return {
      ...tagLabels(tagsList.map(({ name, value }) => [name, value] as const)),
      cloud: 'azure',
      region: location,
      // A zone of Azure is a number, which says nothing without its region; some regions have none.
      ...(zone === '' ? {} : { zone: `${location}-${zone}` }),
      instance: vmId,
      'instance-type': vmSize,
    };
  },
};
