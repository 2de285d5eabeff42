/** A program that writes to an audit as fast as it can, and says of each record when it was acknowledged. */
import { writeSync } from 'node:fs';
import { auditRecord } from '../../shared/audit-chain.ts';
import { openAudit } from '../../shared/audit-file.ts';

const [path = '', seed = '0'] = process.argv.slice(2);
const audit = await openAudit(path, { unixMs: Date.now, rotateAtBytes: 4 * 2 ** 20 });
writeSync(1, `repaired ${audit.repairedBytes}\n`);
// Long lines take the kernel several pages, between which a SIGKILL can come.
const blobs = [0, 100, 4000, 150_000].map((length) => 'x'.repeat(length));
for (let count = Number(seed); ; count += 1) {
  const write = (blob: string) =>
    audit.append(auditRecord({ atUnixMs: Date.now(), by: 'uid:0', action: 'inject', detail: String(count), blob }));
  const ends = blobs
    .slice(count % 3)
    // On a machine that has much to do, a write may take too long: it was not acknowledged then.
    .map((blob) =>
      write(blob).then(
        (end) => writeSync(1, `${end.sequence} ${end.hash}\n`),
        () => undefined,
      ),
    );
  await Promise.all(ends);
}
