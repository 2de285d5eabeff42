/**
 * The four functions of `Reflect` that tsyringe, below @peculiar/x509, looks for when it loads. It keeps the types of
 * constructor parameters in them; the package that usually provides them is forty times this size.
 */
type MetadataTarget = object;

const tables = new WeakMap<MetadataTarget, Map<unknown, unknown>>();

function own(target: MetadataTarget): Map<unknown, unknown> {
  const table = tables.get(target) ?? new Map<unknown, unknown>();
  tables.set(target, table);
  return table;
}

function inherited(key: unknown, target: MetadataTarget | null): unknown {
  if (target === null) return undefined;
  return own(target).has(key) ? own(target).get(key) : inherited(key, Object.getPrototypeOf(target));
}

const metadata = {
  defineMetadata: (key: unknown, value: unknown, target: MetadataTarget) => void own(target).set(key, value),
  getMetadata: (key: unknown, target: MetadataTarget) => inherited(key, target),
  getOwnMetadata: (key: unknown, target: MetadataTarget) => own(target).get(key),
  hasOwnMetadata: (key: unknown, target: MetadataTarget) => own(target).has(key),
};

for (const [name, value] of Object.entries(metadata)) {
  if (!(name in Reflect)) Object.defineProperty(Reflect, name, { value, configurable: true, writable: true });
}
