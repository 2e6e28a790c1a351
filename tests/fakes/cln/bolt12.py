"""Offers as BOLT 12 has them: a TLV stream in bech32 without a checksum, known by the root of its merkle tree."""

import hashlib

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
INVREQ_METADATA, INVREQ_PAYER_NOTE, INVREQ_BIP_353_NAME = 0, 89, 91
CHAINS, AMOUNT, DESCRIPTION, EXPIRY, PATHS, ISSUER, ISSUER_ID = 2, 8, 10, 14, 16, 18, 22
# The hashes of their first blocks, as they stand in messages; bitcoin is what an offer is for that names none.
GENESIS = {"testnet": "43497fd7f826957108f4a30fd9cec3aeba79972084e90ead01ea330900000000",
           "signet": "f61eee3b63a380a477a063af32b2bbc97c9ff9f01f2c4225e973988108000000",
           "regtest": "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f"}


def _bigsize(number):
    return bytes([number]) if number < 0xFD else b"\xfd" + number.to_bytes(2, "big")


def _truncated(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def records_of(terms, issuer_id, path, network):
    """terms: amount_msat, description, issuer, absolute_expiry; a path makes the offer unlike every other."""
    records = {}
    if network in GENESIS:
        records[CHAINS] = bytes.fromhex(GENESIS[network])
    if terms.get("amount_msat"):
        records[AMOUNT] = _truncated(terms["amount_msat"])
    if terms.get("description") is not None:
        records[DESCRIPTION] = terms["description"].encode()
    if terms.get("absolute_expiry") is not None:
        records[EXPIRY] = _truncated(terms["absolute_expiry"])
    if path:
        records[PATHS] = path
    if terms.get("issuer") is not None:
        records[ISSUER] = terms["issuer"].encode()
    records[ISSUER_ID] = issuer_id
    return {kind: records[kind] for kind in sorted(records)}


def _record(kind, value):
    return _bigsize(kind) + _bigsize(len(value)) + value


def _string(prefix, records):
    stream = b"".join(_record(kind, value) for kind, value in records.items())
    bits = "".join(f"{byte:08b}" for byte in stream)
    bits += "0" * (-len(bits) % 5)
    return prefix + "".join(ALPHABET[int(bits[at:at + 5], 2)] for at in range(0, len(bits), 5))


def offer_string(records):
    return _string("lno1", records)


def invoice_string(metadata, payer_note, name):
    """What of an invoice the payee's programs look at: the request's own records. name: user@domain, or None."""
    records = {INVREQ_METADATA: metadata}
    if payer_note:
        records[INVREQ_PAYER_NOTE] = payer_note.encode()
    if name:
        user, domain = (part.encode() for part in name.split("@"))
        records[INVREQ_BIP_353_NAME] = bytes([len(user)]) + user + bytes([len(domain)]) + domain
    return _string("lni1", records)


def _tagged(tag, message):
    digest = hashlib.sha256(tag).digest()
    return hashlib.sha256(digest + digest + message).digest()


def _branch(left, right):
    return _tagged(b"LnBranch", min(left, right) + max(left, right))


def offer_id(records):
    encoded = [_record(kind, value) for kind, value in records.items()]
    nonce_tag = b"LnNonce" + encoded[0]
    level = [_branch(_tagged(b"LnLeaf", each), _tagged(nonce_tag, _bigsize(kind)))
             for kind, each in zip(records, encoded)]
    while len(level) > 1:
        paired = [_branch(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
    return level[0].hex()
