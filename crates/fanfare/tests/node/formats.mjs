// Verifies a captured request with the official library of the company whose format it has.
//
// Standard input: {"format", "secret", "headers" (names in lower case), "body"}. Exit code 0: verified.

import { readFileSync } from "node:fs";

async function github({ secret, headers, body }) {
  const { verify } = await import("@octokit/webhooks-methods");
  return verify(secret, body, headers["x-hub-signature-256"]);
}

async function shopify({ secret, headers, body }) {
  await import("@shopify/shopify-api/adapters/node");
  const { shopifyApi, ApiVersion } = await import("@shopify/shopify-api");
  const shopify = shopifyApi({
    apiKey: "unused",
    apiSecretKey: secret,
    hostName: "example.com",
    apiVersion: Object.values(ApiVersion).at(-1),
    isEmbeddedApp: false,
    logger: { log: () => {} },
  });
  const answer = await shopify.webhooks.validate({ rawBody: body, rawRequest: { headers, url: "/", method: "POST" } });
  if (!answer.valid) {
    console.error(answer);
  }
  return answer.valid;
}

const request = JSON.parse(readFileSync(0, "utf8"));
const verified = await { github, shopify }[request.format](request);
process.exit(verified ? 0 : 1);
