// What receivers in JavaScript make of webhooks: npm's standardwebhooks and svix, and our own verifier of v1a.
//
//     node verify.mjs NODE_MODULES < webhooks.json     [{"headers": {}, "body": "base64", "secret", "public_key"}]
//
// Prints for each {"standardwebhooks": "" or why it was refused, "svix": ..., "v1a": ...}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

import { verify as verifyEd25519 } from "../../../../docs/verifiers/verify_webhook.mjs";

const installed = createRequire(pathToFileURL(`${process.argv[2]}/`));
const load = async (name) => {
  const module = await import(pathToFileURL(installed.resolve(name)));
  return module.Webhook ?? module.default.Webhook;
};
const libraries = { standardwebhooks: await load("standardwebhooks"), svix: await load("svix") };

function outcome(verify) {
  try {
    verify();
    return "";
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

const webhooks = JSON.parse(readFileSync(0));
const verdicts = webhooks.map(({ headers, body, secret, public_key: publicKey }) => {
  const bytes = Buffer.from(body, "base64");
  const verdict = {};
  for (const [name, Webhook] of Object.entries(libraries)) {
    // An empty body is not JSON, which is not what is asked here.
    verdict[name] = outcome(() => new Webhook(secret).verify(bytes.toString(), headers));
  }
  verdict.v1a = outcome(() => verifyEd25519(publicKey, headers, bytes));
  return verdict;
});
process.stdout.write(JSON.stringify(verdicts));
