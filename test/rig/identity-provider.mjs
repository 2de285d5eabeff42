/** A real OpenID Connect provider over TLS: identity-provider.mjs CERT KEY PORT. Ends with its standard input. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider from 'oidc-provider';

const [cert, key, port] = process.argv.slice(2);
const people = {
  alice: { email: 'alice@example.com', email_verified: true, groups: ['sre'] },
  mallory: { email: 'alice@example.com', email_verified: false, groups: ['sre'] },
};
const provider = new Provider(`https://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'leash',
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
  // The claims go into the ID token itself, as most providers have it.
  conformIdTokenClaims: false,
  features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
});
const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, provider.callback());
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
process.stdin.on('end', () => process.exit()).resume();
