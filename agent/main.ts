/** `leash-agent`: the daemon of a host, and its local tools. */
import { buildProgram } from './app/program.ts';

await buildProgram().parseAsync(process.argv);
