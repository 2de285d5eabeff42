/** Amazon EC2, by version 2 of its instance metadata service: a token of the session first. */
import { z } from 'zod';
import type { LabelSource, MetadataService } from './label-source.ts';
import { tagLabels } from './tag-labels.ts';

const tokenSeconds = 60;
const identity = z.object({
  region: z.string(),
  availabilityZone: z.string(),
  instanceId: z.string(),
  instanceType: z.string(),
});

export const aws: LabelSource = {
  name: 'aws',
  isCloud: true,
  summary: 'EC2: region, zone, instance, instance-type, and tag/… where instance tags are allowed in its metadata',
  async read(metadata) {
    const token = await metadata.ask({
      method: 'PUT',
      path: '/latest/api/token',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': String(tokenSeconds) },
    });
    if (!token) return undefined;
    const headers = { 'X-aws-ec2-metadata-token': token.text };
    const document = await metadata.ask({ path: '/latest/dynamic/instance-identity/document', headers });
    if (!document) return undefined;
    const { region, availabilityZone, instanceId, instanceType } = identity.parse(JSON.parse(document.text));
    const about = { cloud: 'aws', region, zone: availabilityZone, instance: instanceId, 'instance-type': instanceType };
    return { ...tagLabels(await readTags(metadata, headers)), ...about };
  },
};

/** None where the account does not allow them here. */
async function readTags(metadata: MetadataService, headers: Readonly<Record<string, string>>) {
  const folder = '/latest/meta-data/tags/instance';
  const names = (await metadata.ask({ path: `${folder}/`, headers }))?.text.split('\n').filter(Boolean) ?? [];
  const values = names.map(async (name) => {
    const value = await metadata.ask({ path: `${folder}/${encodeURIComponent(name)}`, headers });
    return [name, value?.text ?? ''] as const;
  });
  return Promise.all(values);
}
