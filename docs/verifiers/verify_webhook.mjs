// Verifies a webhook of Standard Webhooks 1.0.0 by its ed25519 signature (v1a), which the common libraries do not.
//
//     const event = verify(publicKey, headers, body);   // throws when it must not be believed
//
// `publicKey` is "whpk_..." of the webhook, `headers` an object, `body` the Buffer as it came. Needs Node 16 or later and nothing else.
import { createPublicKey, verify as verifySignature } from "node:crypto";

const TOLERANCE = 5 * 60;

export function verify(publicKey, headers, body, now = Date.now() / 1000) {
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) => {
    if (!sent[`webhook-${name}`]) throw new Error(`the header webhook-${name} is missing`);
    return sent[`webhook-${name}`];
  });
  if (!/^[0-9]+$/.test(timestamp)) throw new Error("the timestamp is not a number");
  if (Math.abs(now - Number(timestamp)) > TOLERANCE) throw new Error("the timestamp is more than five minutes off");
  if (!publicKey.startsWith("whpk_")) throw new Error("the key is not a public key (whpk_...)");
  const x = Buffer.from(publicKey.slice(5), "base64").toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const text = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(body)]);
  for (const signature of signatures.split(" ")) {
    const [scheme, value] = signature.split(",");
    if (scheme !== "v1a" || !value) continue;
    const bytes = Buffer.from(value, "base64");
    if (bytes.length === 64 && verifySignature(null, text, key, bytes)) return body.length ? JSON.parse(body) : null;
  }
  throw new Error("no signature is of this key");
}
