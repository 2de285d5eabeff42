/** Which keys a mapping of a file may have, read off its JSON Schema. */
import { experimentJsonSchema } from './experiment-schema.ts';
import type { Path } from './yaml-text.ts';

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly not?: unknown;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

/** Of an experiment file. */
export const knownKeysAt = knownKeysOf(experimentJsonSchema);

/** @param jsonSchema made when it is first needed: most files have no unknown key. */
export function knownKeysOf(jsonSchema: () => unknown): (path: Path) => readonly string[] {
  let root: SchemaNode | undefined;
  return (path) => {
    root ??= jsonSchema() as SchemaNode;
    const open = (node: SchemaNode): readonly SchemaNode[] => alternatives(node, root as SchemaNode);
    let nodes: readonly SchemaNode[] = open(root);
    for (const part of path) nodes = nodes.flatMap((node) => child(node, part)).flatMap(open);
    const keys = nodes.flatMap((node) => Object.entries(node.properties ?? {}));
    return [...new Set(keys.filter(([, node]) => node.not === undefined).map(([key]) => key))];
  };
}

function alternatives(node: SchemaNode, root: SchemaNode): readonly SchemaNode[] {
  const definition = node.$ref === undefined ? undefined : root.$defs?.[node.$ref.slice('#/$defs/'.length)];
  if (definition) return alternatives(definition, root);
  return node.anyOf ? node.anyOf.flatMap((each) => alternatives(each, root)) : [node];
}

function child(node: SchemaNode, part: PropertyKey): readonly SchemaNode[] {
  if (typeof part === 'number') return node.items ? [node.items] : [];
  const own = node.properties?.[String(part)];
  if (own) return [own];
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
}
