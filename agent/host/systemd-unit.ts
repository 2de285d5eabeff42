/** What systemd says of a unit (systemctl(1), show). It only asks, so it gets none of the capabilities of who asks. */
import { execFile } from 'node:child_process';
import { withOnly } from './holder-launch.ts';

const answerWithinMs = 2000;
const outputBytesMax = 16_384;

/**
 * @param unit checked at the door; what follows two dashes is no option.
 * @returns by property; one that systemd does not know is missing. @throws Error where there is no systemd to ask.
 */
export function showUnit(
  unit: string,
  properties: readonly string[],
  program = 'systemctl',
): Promise<ReadonlyMap<string, string>> {
  const show = [program, 'show', '--no-pager', `--property=${properties.join(',')}`, '--', unit];
  const [command = '', ...args] = [...withOnly([]), ...show];
  const options = {
    timeout: answerWithinMs,
    killSignal: 'SIGKILL',
    maxBuffer: outputBytesMax,
    env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', SYSTEMD_COLORS: '0' },
  } as const;
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, output, messages) => {
      if (!error) resolve(propertiesIn(output));
      else reject(new Error(`systemd does not say how ${unit} is: ${messages.trim().slice(0, 200) || error.message}`));
    });
  });
}

/** "Key=value", one a line. */
export function propertiesIn(output: string): ReadonlyMap<string, string> {
  return new Map(
    output.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
}
