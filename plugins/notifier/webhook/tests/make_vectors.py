#!/usr/bin/env python3
"""Makes webhook_vectors.json with Python's hmac and the openssl command line, which share no code with the plugin.

    make_vectors.py > webhook_vectors.json

Each vector says which of the two schemes has to accept it, and a refused one why. Keys are of no use elsewhere."""
import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import tempfile

NOW = 1_800_000_000  # the clock of whoever verifies
ID = "01975c2e-7f3a-7c11-9a4e-5b1f0c2d3e4f"
BODY = ('{"specversion":"1.0","id":"%s","source":"paynamed","type":"payment.received","time":"2027-01-15T08:00:00Z",'
        '"timestamp":"2027-01-15T08:00:00Z","data":{"name":"alice@example.com","amount_msat":"21000","note":"caf\u00e9 \u26a1"}}' % ID)


def secret(seed: str, size: int = 32) -> bytes:
    return hashlib.shake_256(seed.encode()).digest(size)


def shown(prefix: str, key: bytes) -> str:
    return prefix + base64.b64encode(key).decode()


def text(id_: str, timestamp: int, body: str) -> bytes:
    return f"{id_}.{timestamp}.{body}".encode()


def v1(key: bytes, id_: str, timestamp: int, body: str) -> str:
    return shown("v1,", hmac.new(key, text(id_, timestamp, body), hashlib.sha256).digest())


class Ed25519:
    """A key pair of openssl's, from 32 bytes (PKCS #8, RFC 8410)."""

    def __init__(self, seed: bytes):
        self.folder = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.folder.name, "key.der")
        self.file.write_bytes(bytes.fromhex("302e020100300506032b657004220420") + seed)
        der = self.openssl("pkey", "-inform", "DER", "-in", self.file, "-pubout", "-outform", "DER")
        self.seed, self.public = seed, der[-32:]

    def openssl(self, *arguments) -> bytes:
        return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout

    def v1a(self, id_: str, timestamp: int, body: str) -> str:
        message = pathlib.Path(self.folder.name, "message")
        message.write_bytes(text(id_, timestamp, body))
        signature = self.openssl("pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", self.file, "-in", message)
        return shown("v1a,", signature)


old, new, other = secret("old"), secret("new"), secret("other")
least, most = secret("least", 24), secret("most", 64)
pair, other_pair = Ed25519(secret("ed25519")), Ed25519(secret("another ed25519"))


def vector(name, key, signature, *, id_=ID, timestamp=NOW, body=BODY, **more):
    return {"name": name, "secret": shown("whsec_", key), "public_key": shown("whpk_", pair.public), "id": id_,
            "timestamp": str(timestamp), "body": body, "signature": signature, **more}


good = v1(new, ID, NOW, BODY)
good_a = pair.v1a(ID, NOW, BODY)
accepted = [
    vector("one secret", new, good, schemes=["v1"]),
    vector("a secret of 24 bytes", least, v1(least, ID, NOW, BODY), schemes=["v1"]),
    vector("a secret of 64 bytes", most, v1(most, ID, NOW, BODY), schemes=["v1"]),
    vector("both schemes", new, f"{good} {good_a}", schemes=["v1", "v1a"]),
    vector("rotation, whoever has the new secret", new, f"{good} {v1(old, ID, NOW, BODY)}", schemes=["v1"]),
    vector("rotation, whoever has the old secret", old, f"{good} {v1(old, ID, NOW, BODY)}", schemes=["v1"]),
    vector("rotation of both kinds", old,
           f"{good} {v1(old, ID, NOW, BODY)} {other_pair.v1a(ID, NOW, BODY)} {good_a}", schemes=["v1", "v1a"]),
    vector("almost five minutes old", new,
           f"{v1(new, ID, NOW - 299, BODY)} {pair.v1a(ID, NOW - 299, BODY)}", timestamp=NOW - 299,
           schemes=["v1", "v1a"]),
    vector("an empty body", new, f"{v1(new, ID, NOW, '')} {pair.v1a(ID, NOW, '')}", body="", schemes=["v1", "v1a"]),
]
both = f"{good} {good_a}"
refused = [
    vector("a byte of the body", new, both, body=BODY.replace("21000", "91000"), reason="the body is not what was signed"),
    vector("a byte more", new, both, body=BODY + " ", reason="the body is not what was signed"),
    vector("another id", new, both, id_=ID[:-1] + "0", reason="the id is not what was signed"),
    vector("another time", new, both, timestamp=NOW + 1, reason="the time is not what was signed"),
    vector("an old time", new, f"{v1(new, ID, NOW - 301, BODY)} {pair.v1a(ID, NOW - 301, BODY)}", timestamp=NOW - 301,
           reason="it was sent more than five minutes ago: somebody may play it again"),
    vector("a time to come", new, f"{v1(new, ID, NOW + 301, BODY)} {pair.v1a(ID, NOW + 301, BODY)}", timestamp=NOW + 301,
           reason="it was sent more than five minutes ahead"),
    vector("another secret", other, f"{good} {other_pair.v1a(ID, NOW, BODY)}", reason="another key has signed it"),
    vector("a byte of the signature", new, both.replace(good[3:6], "AAA").replace(good_a[4:7], "AAA"),
           reason="the signature was changed"),
    vector("half a signature", new, f"{good[:-12]} {good_a[:-12]}", reason="the signature is not whole"),
    vector("another version", new, f"{good.replace('v1,', 'v2,')} {good_a.replace('v1a,', 'v2a,')}",
           reason="the scheme is not known"),
    vector("no signature", new, "v1, v1a,", reason="there is no signature"),
]
print(json.dumps({"made_by": "make_vectors.py: Python's hmac, and openssl pkeyutl", "now": NOW,
                  "private_key": shown("whsk_", pair.seed + pair.public), "accepted": accepted, "refused": refused},
                 indent=1, ensure_ascii=False))
