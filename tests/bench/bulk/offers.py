"""BOLT 12 offers for names that bring one of their own: valid, each another one, and of nobody's node."""

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
# The generator of secp256k1: a point for the issuer's id. Nobody would be paid.
ISSUER_ID = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
DESCRIPTION, ISSUER = 10, 22


def offer_of(name):
    """A TLV stream in bech32 without a checksum (BOLT 12, "Encoding"); real offers with a path are about as long."""
    description = f"Payments to {name}, registered with many others".ljust(100, ".").encode()
    stream = bytes([DESCRIPTION, len(description)]) + description + bytes([ISSUER, len(ISSUER_ID)]) + ISSUER_ID
    bits = "".join(f"{byte:08b}" for byte in stream)
    bits += "0" * (-len(bits) % 5)
    return "lno1" + "".join(CHARSET[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))
