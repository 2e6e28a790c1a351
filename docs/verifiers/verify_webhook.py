"""Verifies a webhook of Standard Webhooks 1.0.0 by its ed25519 signature (v1a), which the common libraries do not.

    event = verify(public_key, headers, body)    # raises ValueError when it must not be believed

`public_key` is "whpk_..." of the webhook, `headers` any mapping, `body` the bytes as they came. Needs `cryptography`."""
import base64
import binascii
import json
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOLERANCE = 5 * 60


def verify(public_key: str, headers, body: bytes, now: float | None = None):
    sent = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp, signatures = (
            sent[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature"))
    except KeyError as missing:
        raise ValueError(f"the header {missing} is missing") from None
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise ValueError("the timestamp is not a number")
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE:
        raise ValueError("the timestamp is more than five minutes off")
    if not public_key.startswith("whpk_"):
        raise ValueError("the key is not a public key (whpk_...)")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key[5:], validate=True))
    text = b".".join((message_id.encode(), timestamp.encode(), body))
    for signature in signatures.split(" "):
        scheme, _, value = signature.partition(",")
        if scheme != "v1a":
            continue
        try:
            key.verify(base64.b64decode(value, validate=True), text)
        except (InvalidSignature, binascii.Error):
            continue
        return json.loads(body) if body else None
    raise ValueError("no signature is of this key")
