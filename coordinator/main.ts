/** `leash`: the operators' command line, and the coordinator behind `leash serve`. */
import { runCli } from './cli/program.ts';

const exitCode = await runCli(
  process.argv.slice(2),
  { out: process.stdout, error: process.stderr, environment: process.env },
  {
    serve: async (options) => (await import('./app/serve-program.ts')).serveProgram(options),
    demo: async (options) => (await import('./demo/demo.ts')).demoProgram(options),
    login: async (order) => (await import('./client/device-login.ts')).loginByDevice(order),
    renewLogin: async (order) => (await import('./client/device-login.ts')).renewLogin(order),
  },
);
// Not process.exit(): what is still on its way into a pipe would be cut off.
process.exitCode = exitCode;
