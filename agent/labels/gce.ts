/** Google Compute Engine. Its custom attributes are left alone: keys of people are among them. */
import type { LabelSource, MetadataService } from './label-source.ts';

const flavor = { 'Metadata-Flavor': 'Google' };

export const gce: LabelSource = {
  name: 'gce',
  isCloud: true,
  summary: 'Compute Engine: region, zone, instance, instance-type',
  async read(metadata) {
    const zonePath = await ask(metadata, 'zone');
    if (zonePath === undefined) return undefined;
    const [id, type] = await Promise.all([ask(metadata, 'id'), ask(metadata, 'machine-type')]);
    // projects/NUMBER/zones/us-central1-a
    const zone = lastOf(zonePath);
    return {
      cloud: 'gce',
      region: zone.replace(/-[a-z]$/, ''),
      zone,
      ...(id === undefined ? {} : { instance: id }),
      ...(type === undefined ? {} : { 'instance-type': lastOf(type) }),
    };
  },
};

/** Who answers without the flavor is somebody else. */
async function ask(metadata: MetadataService, what: string): Promise<string | undefined> {
  const answer = await metadata.ask({ path: `/computeMetadata/v1/instance/${what}`, headers: flavor });
  return answer?.header('Metadata-Flavor') === 'Google' ? answer.text : undefined;
}

function lastOf(path: string): string {
  return path.split('/').at(-1) ?? path;
}
