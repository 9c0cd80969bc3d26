// A certified authorization server on a free port of this machine, which it names on its first line. Further
// lines answer what it is told on its standard input; it ends with that input.
//   advance SECONDS   its clock goes on
//   revoke TOKEN      the token is no longer good
//   check TOKEN       what a resource server would learn of the token
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const now = Date.now;
let ahead = 0;
Date.now = () => now() + ahead;

const client = (token_endpoint_auth_method, client_id, client_secret) => ({
  client_id,
  client_secret,
  token_endpoint_auth_method,
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'read',
});

const provider = new Provider('http://127.0.0.1', {
  clients: [
    client('client_secret_basic', 'in:basic', 's/e c+r:e%t&='),
    client('client_secret_post', 'in body', 's/e c+r:e%t&='),
  ],
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
  scopes: ['read', 'write'],
  ttl: { ClientCredentials: 600 },
});

const commands = {
  advance: (seconds) => { ahead += seconds * 1000; },
  revoke: async (value) => { await (await provider.ClientCredentials.find(value)).destroy(); },
  check: async (value) => {
    const token = await provider.ClientCredentials.find(value);
    return token?.isValid ? { client: token.clientId, scope: token.scope ?? '' } : null;
  },
};

const server = provider.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(server.address().port);
for await (const line of createInterface({ input: process.stdin })) {
  const [command, argument] = line.split(' ');
  console.log(JSON.stringify((await commands[command](argument)) ?? null));
}
process.exit();
