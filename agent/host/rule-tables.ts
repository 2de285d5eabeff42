/** The tables of the packet filter, straight from the kernel (include/uapi/linux/netfilter/nf_tables.h). */
import type { RuleTable, RuleTablesSeen } from '../faults/fault-kind.ts';
import { dumpNetfilter } from './native/netlink.ts';

const subsystemNftables = 10 << 8;
const getTable = 1;
const getRule = 7;
const familyInet = 1;
const generalHeaderBytes = 4;

const tableName = 1;
const tableFlags = 2;
const tableOwner = 7;
const ruleTable = 1;
const flagOwner = 0x2;
/** Such a table would outlive its owner. */
const flagPersist = 0x4;

/** Needs CAP_NET_ADMIN. */
export function readRuleTables(prefix: string): RuleTablesSeen {
  try {
    const tables = dumpNetfilter(subsystemNftables | getTable, question())
      .map(({ body }) => attributesOf(body))
      .filter((table) => textOf(table.get(tableName)).startsWith(prefix));
    return { kind: 'seen', tables: tables.map(tableIn) };
  } catch (error) {
    return { kind: 'unknown', why: `the tables of nft cannot be read: ${(error as Error).message}` };
  }
}

function tableIn(table: Attributes): RuleTable {
  const name = textOf(table.get(tableName));
  const flags = table.get(tableFlags)?.readUInt32BE(0) ?? 0;
  const isBound = (flags & flagOwner) !== 0 && (flags & flagPersist) === 0;
  // Asked for one table only, and compared all the same: older kernels ignore the question's attribute.
  const rules = dumpNetfilter(subsystemNftables | getRule, question(attribute(ruleTable, name)))
    .map(({ body }) => textOf(attributesOf(body).get(ruleTable)))
    .filter((owner) => owner === name).length;
  return { name, ownerPort: isBound ? table.get(tableOwner)?.readUInt32BE(0) : undefined, rules };
}

type Attributes = ReadonlyMap<number, Buffer>;

/** struct nlattr: its length, its type, its value, padded to four bytes (netlink(7)). */
function attributesOf(body: Buffer): Attributes {
  const found = new Map<number, Buffer>();
  for (let offset = generalHeaderBytes; offset + 4 <= body.length; ) {
    const length = body.readUInt16LE(offset);
    if (length < 4 || offset + length > body.length) break;
    found.set(body.readUInt16LE(offset + 2) & 0x3fff, body.subarray(offset + 4, offset + length));
    offset += (length + 3) & ~3;
  }
  return found;
}

/** struct nfgenmsg: family, version, resource. */
function question(...attributes: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([familyInet, 0, 0, 0]), ...attributes]);
}

function attribute(type: number, text: string): Buffer {
  const value = Buffer.from(`${text}\0`);
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
}

function textOf(value: Buffer | undefined): string {
  return (value ?? Buffer.alloc(0)).toString('utf8').replace(/\0.*$/, '');
}
