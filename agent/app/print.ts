/** One JSON document on standard output. */
export function print(code: number, document: object): number {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  return code;
}
