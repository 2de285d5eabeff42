/** `leash-agent labels`: what the sources say of this host, before it joins with it or somebody writes it into the policy. */
import { metadataUrlDefault, openMetadataService } from '../labels/metadata-service.ts';
import { readLabels } from '../labels/read-labels.ts';
import { exitCodes } from './exit-code.ts';
import { print } from './print.ts';

export async function printLabels(from: readonly string[], isJson: boolean): Promise<number> {
  const labels = await labelsFrom(from);
  if (isJson) return print(exitCodes.done, { labels });
  for (const [key, value] of Object.entries(labels)) process.stdout.write(`${key}=${value}\n`);
  return exitCodes.done;
}

/** @throws Error */
export function labelsFrom(names: readonly string[]): Promise<Readonly<Record<string, string>>> {
  return readLabels(names, openMetadataService(process.env.LEASH_METADATA_URL ?? metadataUrlDefault));
}
