/** What an argument of an allowed program may look like. Linear in the text, so that no shape hangs the agent. */

/** An asterisk never stands for a slash or for two dots, so a path cannot leave the folder that the shape names. */
const standsFor = /^[\w.:=,%@+-]+$/;

/** @param shape plain text, in which each asterisk stands for one or more letters, digits or signs of `_.:=,%@+-`. */
export function hasShape(argument: string, shape: string): boolean {
  const [start = '', ...rest] = shape.split('*');
  if (rest.length === 0) return argument === shape;
  if (!argument.startsWith(start)) return false;
  const end = rest.pop() as string;
  let at = start.length;
  for (const middle of rest) {
    const found = argument.indexOf(middle, at + 1);
    if (found < 0 || !isWord(argument.slice(at, found))) return false;
    at = found + middle.length;
  }
  return argument.endsWith(end) && isWord(argument.slice(at, argument.length - end.length));
}

function isWord(text: string): boolean {
  return standsFor.test(text) && !text.includes('..');
}
