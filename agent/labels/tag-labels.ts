/** What people have written on a machine in their cloud, as labels: those alone that can be one. */
import type { Labels } from './label-source.ts';

/** A host has at most 64 labels; the others say what and where it is. */
const tagsMax = 40;
const keyExpression = /^[A-Za-z0-9._/-]{1,60}$/;
const valueLengthMax = 256;

export function tagLabels(tags: readonly (readonly [string, string])[]): Labels {
  const fit = tags.filter(([key, value]) => keyExpression.test(key) && value !== '' && value.length <= valueLengthMax);
  return Object.fromEntries(fit.slice(0, tagsMax).map(([key, value]) => [`tag/${key}`, value]));
}
