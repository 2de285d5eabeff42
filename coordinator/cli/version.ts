/** The version of this coordinator and command line, as `package.json` has it. */
export const version = '0.1.0';
