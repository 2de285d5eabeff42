/** The labels that the named sources give, the later ones over the earlier. */
import { labelSources } from './index.ts';
import type { LabelSource, Labels, MetadataService } from './label-source.ts';

/** Whichever of the clouds it is; none is no mistake. */
export const anyCloud = 'cloud';

export const sourceNames: readonly string[] = [anyCloud, ...labelSources.map(({ name }) => name)];

/** @throws Error for a source that was named and is not there. */
export async function readLabels(
  names: readonly string[],
  metadata: MetadataService,
  sources: readonly LabelSource[] = labelSources,
): Promise<Labels> {
  const found = await Promise.all(
    names.map(async (name) => {
      if (name === anyCloud) return readCloud(metadata, sources);
      const source = sources.find((one) => one.name === name);
      const labels = await source?.read(metadata).catch((error: unknown) => {
        throw new Error(`labels from ${name}: ${whyOf(error)}`);
      });
      if (!labels) throw new Error(`labels from ${name}: this host is not there; leave it out of --labels-from`);
      return labels;
    }),
  );
  return Object.assign({}, ...found);
}

async function readCloud(metadata: MetadataService, sources: readonly LabelSource[]): Promise<Labels> {
  const clouds = sources.filter(({ isCloud }) => isCloud);
  const answers = await Promise.all(clouds.map((source) => source.read(metadata).catch(() => undefined)));
  return answers.find((labels) => labels !== undefined) ?? {};
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  return error.cause instanceof Error ? error.cause.message : error.message;
}
