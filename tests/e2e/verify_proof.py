#!/usr/bin/python3
"""Verifies the DNSSEC proof of a payment name (BIP-353, RFC 9102), with dnspython and nothing of paynamed.

It reads the bytes of the proof and a trust anchor, asks no network, and says "valid <uri>" (exit 0) or "invalid: why"
(exit 1); a command line that makes no sense is exit 2. Every record of the proof has to be part of what is proven: one
that nothing speaks for makes the proof invalid.

  curl -o alice.proof 'https://names.example.com/dnssecproof?d=alice.user._bitcoin-payment.example.com.&t=txt'
  verify_proof.py alice@example.com alice.proof                     from the root of the public DNS
  verify_proof.py alice@example.com alice.proof --anchor lab.anchor from the keys in a file
  verify_proof.py alice@example.com alice.proof --tamper            changes every byte and expects refusals

Debian: apt install python3-dnspython python3-cryptography
"""
import argparse
import base64
import functools
import sys
import time
from typing import NamedTuple

import dns.dnssec
import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.zonefile
from dns.rdatatype import CNAME, DNAME, DNSKEY, DS, NS, NSEC, NSEC3, RRSIG, SOA, TXT

# https://data.iana.org/root-anchors/root-anchors.xml
IANA_ANCHORS = """
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
"""
BETWEEN = ".user._bitcoin-payment."
GRACE_SECONDS = 3600  # BIP-353: a signature counts for an hour after its end
# BIP-353 forbids SHA-1 signatures. Of the others these are in use (RFC 8624).
ECDSA_COORDINATE_BYTES = {13: 32, 14: 48}
ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES = 32, 64
RSA_ALGORITHMS = (8, 10)
MIN_RSA_BITS = 1024
ZONE_KEY, REVOKED = 0x0100, 0x0080
BASE32_TO_HEX = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")
# Bounds: a proof is somebody else's data.
MAX_BYTES = 65535
MAX_SIGNATURE_CHECKS = 64
MAX_ALIASES = 8
MAX_NSEC3_ITERATIONS = 150

TAMPER_MASKS = (0x01, 0x20, 0x80, 0xFF)  # the lowest bit, that of letters' case, the highest, all of them


class Invalid(Exception):
    pass


class Evidence(NamedTuple):
    """What a conclusion rests on: the time in which all signatures hold, and the least original TTL."""
    valid_from: int
    expires: int
    max_cache_ttl: int

    def with_(self, other):
        return Evidence(max(self.valid_from, other.valid_from), min(self.expires, other.expires),
                        min(self.max_cache_ttl, other.max_cache_ttl))


ANCHORED = Evidence(0, 2**63, 2**32)


class Record(NamedTuple):
    owner: dns.name.Name
    rdtype: int
    rdata: dns.rdata.Rdata
    wire: bytes
    at: int  # where it begins in the proof
    type_at: int  # where its type stands, after the owner


class RecordSet:
    def __init__(self, owner, rdtype):
        self.owner = owner
        self.rdtype = rdtype
        self.records = []
        self.signatures = []
        self.evidence = None  # once it is verified

    def __str__(self):
        return f"{self.owner} {dns.rdatatype.to_text(self.rdtype)}"

    @property
    def signer(self):
        return self.signatures[0].rdata.signer

    @property
    def labels(self):
        return self.signatures[0].rdata.labels

    @property
    def is_expanded(self):
        return bool(self.signatures) and self.labels < countable_labels(self.owner)


class Result(NamedTuple):
    uri: str
    evidence: Evidence


# --- reading


def read_name(data, at):
    """An uncompressed name and where it ends."""
    labels = []
    size = 0
    while True:
        if at >= len(data):
            raise Invalid("it ends within a name")
        length = data[at]
        if length > 63:
            raise Invalid(f"the name at byte {at} is compressed, which a proof must not be")
        size += length + 1
        if size > 255 or at + 1 + length > len(data):
            raise Invalid(f"the name at byte {at} is too long")
        labels.append(data[at + 1:at + 1 + length])
        at += 1 + length
        if not length:
            return dns.name.Name(labels), at


def read_records(data):
    if not data or len(data) > MAX_BYTES:
        raise Invalid(f"it has {len(data)} bytes; a proof has 1 to {MAX_BYTES}")
    records = []
    at = 0
    while at < len(data):
        start = at
        owner, at = read_name(data, at)
        type_at = at
        if at + 10 > len(data):
            raise Invalid(f"the record at byte {start} is cut off")
        rdtype = int.from_bytes(data[at:at + 2], "big")
        rdclass = int.from_bytes(data[at + 2:at + 4], "big")
        length = int.from_bytes(data[at + 8:at + 10], "big")
        at += 10
        if at + length > len(data):
            raise Invalid(f"the record at byte {start} is cut off")
        if rdclass != dns.rdataclass.IN:
            raise Invalid(f"the record at byte {start} has class {rdclass}")
        wire = data[at:at + length]
        at += length
        records.append(Record(owner, rdtype, read_rdata(rdtype, wire, start), wire, start, type_at))
    return records


def read_rdata(rdtype, wire, at):
    # Types that are no data of a zone (RFC 6895 section 3.1).
    if rdtype in (0, dns.rdatatype.OPT) or 128 <= rdtype <= 255:
        raise Invalid(f"the record at byte {at} has type {rdtype}, which no zone has")
    try:
        rdata, again = parse_rdata(rdtype, wire)
    except (dns.exception.DNSException, ValueError) as error:
        raise Invalid(f"the record at byte {at} is malformed: {error}") from error
    if again != wire:
        raise Invalid(f"the record at byte {at} is not written as such records are")
    return rdata


# What is remembered depends on nothing but the bytes given: --tamper judges the same records again and again.
@functools.lru_cache(maxsize=1024)
def parse_rdata(rdtype, wire):
    rdata = dns.rdata.from_wire(dns.rdataclass.IN, rdtype, wire, 0, len(wire))
    return rdata, rdata.to_wire()


def group(records):
    sets = {}
    for record in records:
        rdtype = record.rdata.type_covered if record.rdtype == RRSIG else record.rdtype
        if record.rdtype == RRSIG and rdtype == RRSIG:
            raise Invalid("it has a signature over signatures")
        one = sets.setdefault((record.owner, rdtype), RecordSet(record.owner, rdtype))
        (one.signatures if record.rdtype == RRSIG else one.records).append(record)
    for one in sets.values():
        if not one.records:
            raise Invalid(f"it has a signature over {one}, but no such record")
    return sets


# --- signatures


def countable_labels(name):
    """As an RRSIG counts them (RFC 4034 section 3.1.3)."""
    return len(name) - 1 - (1 if name.is_wild() else 0)


@functools.lru_cache(maxsize=4096)
def signature_holds(owner, rdtype, rdatas, rrsig, zone, key):
    """One signature, by one key. All arguments are bytes (names and rdata) or numbers."""
    owner, _ = read_name(owner, 0)
    zone, _ = read_name(zone, 0)
    rrsig = dns.rdata.from_wire(dns.rdataclass.IN, RRSIG, rrsig, 0, len(rrsig))
    key = dns.rdata.from_wire(dns.rdataclass.IN, DNSKEY, key, 0, len(key))
    covered = dns.rdataset.Rdataset(dns.rdataclass.IN, rdtype)
    for rdata in rdatas:
        covered.add(dns.rdata.from_wire(dns.rdataclass.IN, rdtype, rdata, 0, len(rdata)))
    keys = dns.rdataset.Rdataset(dns.rdataclass.IN, DNSKEY)
    keys.add(key)
    try:
        # Whether it is the time for it was looked at before.
        dns.dnssec.validate_rrsig((owner, covered), rrsig, {zone: keys}, now=rrsig.inception)
    except (dns.exception.DNSException, ValueError):
        return False
    return True


def is_usable(key, signature):
    """Whether sizes are as the algorithm has them; dnspython does not look at all of them."""
    if key.algorithm in ECDSA_COORDINATE_BYTES:
        size = 2 * ECDSA_COORDINATE_BYTES[key.algorithm]
        return len(key.key) == size and len(signature) == size
    if key.algorithm == 15:
        return len(key.key) == ED25519_KEY_BYTES and len(signature) == ED25519_SIGNATURE_BYTES
    if key.algorithm not in RSA_ALGORITHMS or len(key.key) < 3:
        return False
    short = key.key[0] != 0
    exponent = key.key[0] if short else int.from_bytes(key.key[1:3], "big")
    modulus = key.key[(1 if short else 3) + exponent:]
    return exponent > 0 and int.from_bytes(modulus, "big").bit_length() >= MIN_RSA_BITS


@functools.lru_cache(maxsize=1024)
def digest_of(zone, key, digest_type):
    """The DS rdata for a key, both as bytes; None for a digest that is not known."""
    zone, _ = read_name(zone, 0)
    key, _ = parse_rdata(DNSKEY, key)
    try:
        return dns.dnssec.make_ds(zone, key, digest_type, policy=dns.dnssec.allow_all_policy).to_wire()
    except dns.dnssec.UnsupportedAlgorithm:
        return None


@functools.lru_cache(maxsize=1024)
def key_tag_of(key):
    return dns.dnssec.key_id(parse_rdata(DNSKEY, key)[0])


class Chain:
    """From the trust anchors downwards, zone by zone, until nothing more can be verified."""

    def __init__(self, records, anchors, now, grace):
        self.sets = group(records)
        self.anchors = anchors
        self.now = now
        self.grace = grace
        self.keys = {}  # zone: its keys, once its DNSKEY set is verified
        self.checks = 0

    def verify(self):
        for zone, anchor in self.anchors.items():
            if (zone, DNSKEY) in self.sets:
                self.verify_keys(self.sets[zone, DNSKEY], anchor, ANCHORED)
        while self.descend():
            pass
        for one in self.sets.values():
            if one.evidence is None and one.signatures and one.signer in self.keys:
                self.verify_set(one)
        for one in self.sets.values():
            if one.evidence is None and not self.is_made_by_dname(one):
                self.complain(one)

    def descend(self):
        """One delegation further down; False when there is none."""
        for (owner, rdtype), one in self.sets.items():
            if rdtype == DS and one.evidence is None and one.signatures and one.signer in self.keys:
                self.verify_set(one)
                if (owner, DNSKEY) in self.sets and owner not in self.anchors:
                    trusted = [record.rdata for record in one.records]
                    self.verify_keys(self.sets[owner, DNSKEY], trusted, one.evidence)
                return True
        return False

    def complain(self, one):
        if not one.signatures:
            raise Invalid(f"{one} is not signed")
        raise Invalid(f"nothing leads from a trust anchor to {one}")

    def verify_keys(self, one, trusted, above):
        if not one.signatures:
            raise Invalid(f"{one} is not signed")
        exact = [rdata for rdata in trusted if rdata.rdtype == DNSKEY]
        digests = [rdata for rdata in trusted if rdata.rdtype == DS]
        strong = [ds for ds in digests if ds.digest_type in (2, 4)]
        # SHA-1 counts only where there is nothing else (RFC 4509 section 3, BIP-353).
        digests = strong or [ds for ds in digests if ds.digest_type == 1]
        keys = [record.rdata for record in one.records if record.rdata.flags & ZONE_KEY and record.rdata.protocol == 3]
        owner = one.owner.to_wire()
        vouched = [key for key in keys if not key.flags & REVOKED and
                   (key in exact or
                    any(digest_of(owner, key.to_wire(), ds.digest_type) == ds.to_wire() for ds in digests))]
        if not vouched:
            raise Invalid(f"no key of {one.owner} is one that its trust anchor or DS record is for")
        signed_by = self.verify_signatures(one, keys, above)
        if not any(key in vouched for key in signed_by):
            raise Invalid(f"{one} is signed by no key that its trust anchor or DS record is for")
        self.keys[one.owner] = [key for key in keys if not key.flags & REVOKED]

    def verify_set(self, one):
        self.verify_signatures(one, self.keys[one.signer], self.sets[one.signer, DNSKEY].evidence)

    def verify_signatures(self, one, keys, above):
        """The keys that signed it. All its signatures have to hold."""
        best = None
        signed_by = []
        for signature in one.signatures:
            rrsig = signature.rdata
            self.check_fields(one, rrsig)
            key = self.key_of(one, signature, keys)
            signed_by.append(key)
            mine = Evidence(rrsig.inception, rrsig.expiration, rrsig.original_ttl)
            best = mine if best is None or mine.expires > best.expires else best
        one.evidence = best.with_(above)
        return signed_by

    def key_of(self, one, signature, keys):
        rrsig = signature.rdata
        for key in keys:
            if key.algorithm != rrsig.algorithm or key_tag_of(key.to_wire()) != rrsig.key_tag:
                continue
            if not is_usable(key, rrsig.signature):
                continue
            self.checks += 1
            if self.checks > MAX_SIGNATURE_CHECKS:
                raise Invalid(f"it asks for more than {MAX_SIGNATURE_CHECKS} signature checks")
            rdatas = tuple(record.wire for record in one.records)
            if signature_holds(one.owner.to_wire(), one.rdtype, rdatas, signature.wire, rrsig.signer.to_wire(),
                               key.to_wire()):
                return key
        raise Invalid(f"a signature over {one} does not hold")

    def check_fields(self, one, rrsig):
        """RFC 4035 section 5.3.1, and which zone may sign what."""
        owner, signer, labels = one.owner, rrsig.signer, rrsig.labels
        wrong = None
        if not owner.is_subdomain(signer) or signer != one.signer:
            wrong = "is by a zone that may not"
        elif one.rdtype == DS and owner == signer:
            wrong = "is by the zone itself, not by its parent"
        elif one.rdtype == DNSKEY and owner != signer:
            wrong = "is not by the zone itself"
        elif labels != one.labels or labels > countable_labels(owner) or labels < len(signer) - 1:
            wrong = "counts labels that the name does not have"
        elif labels < countable_labels(owner) and one.rdtype in (DNSKEY, DS, NSEC, NSEC3, DNAME):
            wrong = "is for a wildcard, which that type never is"
        elif self.cut_between(one, signer):
            wrong = "is by a zone above the one that has the name"
        elif rrsig.inception > self.now:
            wrong = "is not valid yet"
        elif rrsig.expiration + self.grace < self.now or rrsig.expiration < rrsig.inception:
            wrong = "is over"
        if wrong:
            raise Invalid(f"a signature over {one} {wrong}")

    def cut_between(self, one, signer):
        for zone, rdtype in self.sets:
            if rdtype not in (DS, DNSKEY) or zone == signer or not zone.is_subdomain(signer):
                continue
            if one.owner.is_subdomain(zone) and (one.owner != zone or one.rdtype not in (DS, NSEC)):
                return True
        return False

    def is_made_by_dname(self, one):
        """RFC 6672 section 5.3.1: a CNAME that a signed DNAME makes is not signed."""
        if one.rdtype != CNAME or one.signatures or len(one.records) != 1:
            return False
        dname = self.dname_above(one.owner)
        return dname is not None and substitute(one.owner, dname) == one.records[0].rdata.target

    def dname_above(self, name):
        """The highest, which hides those below it (RFC 6672 section 2.3)."""
        found = [one for (owner, rdtype), one in self.sets.items()
                 if rdtype == DNAME and one.evidence and name != owner and name.is_subdomain(owner)]
        return min(found, key=lambda one: len(one.owner), default=None)

    # --- the answer

    def answer(self, name):
        evidence = ANCHORED
        for _ in range(MAX_ALIASES + 1):
            dname = self.dname_above(name)
            one = dname or self.sets.get((name, TXT))
            alias = dname or self.sets.get((name, CNAME))
            if not dname and one and alias:
                raise Invalid(f"{name} has a CNAME beside its TXT records")
            one = one or alias
            if not one or one.evidence is None:
                raise Invalid(f"it has no signed TXT record of {name}, nor an alias there")
            evidence = evidence.with_(one.evidence)
            if one.is_expanded:
                evidence = evidence.with_(self.check_wildcard(one))
            if one.rdtype == TXT:
                return one, evidence
            if len(one.records) != 1:
                raise Invalid(f"{one} has more than one record")
            name = substitute(name, one) if one.rdtype == DNAME else one.records[0].rdata.target
        raise Invalid(f"it goes over more than {MAX_ALIASES} aliases")

    def check_wildcard(self, expanded):
        """RFC 4035 section 5.3.4, RFC 5155 section 8.8: the name one label below the wildcard's parent has to be shown
        not to exist; what shows it comes back."""
        next_closer = expanded.owner.split(expanded.labels + 2)[1]
        for one in self.sets.values():
            if one.evidence is None or not one.signatures or one.signer != expanded.signer:
                continue
            if one.rdtype == NSEC and any(nsec_denies(one, r.rdata, next_closer) for r in one.records):
                return one.evidence
            if one.rdtype == NSEC3 and any(nsec3_denies(one, r.rdata, next_closer) for r in one.records):
                return one.evidence
        raise Invalid(f"{expanded} comes from a wildcard, and nothing shows that {next_closer} does not exist")


def substitute(name, dname):
    if len(dname.records) != 1:
        raise Invalid(f"{dname} has more than one record")
    try:
        return name.relativize(dname.owner).concatenate(dname.records[0].rdata.target)
    except dns.exception.DNSException as error:
        raise Invalid(f"{dname} makes no usable name of {name}") from error


def has_type(rdata, rdtype):
    for window, bitmap in rdata.windows:
        if window == rdtype >> 8 and (rdtype & 0xFF) >> 3 < len(bitmap):
            return bool(bitmap[(rdtype & 0xFF) >> 3] & (0x80 >> (rdtype & 7)))
    return False


def nsec_denies(one, rdata, name):
    # The parent's side of a delegation, and a DNAME, say nothing about names below (RFC 6840 section 4.1).
    if name.is_subdomain(one.owner) and ((has_type(rdata, NS) and not has_type(rdata, SOA)) or has_type(rdata, DNAME)):
        return False
    # A name with names below it exists, though it has no records.
    if rdata.next.is_subdomain(name) or not rdata.next.is_subdomain(one.signer):
        return False
    return one.owner < name and (name < rdata.next or rdata.next == one.signer)


def nsec3_denies(one, rdata, name):
    # With opt-out there may be an unsigned delegation in between.
    if rdata.algorithm != 1 or rdata.flags != 0 or rdata.iterations > MAX_NSEC3_ITERATIONS:
        return False
    if one.owner.parent() != one.signer:
        return False
    # Base32 with the extended alphabet is in the order of the bytes.
    start = one.owner.labels[0].decode("ascii", "replace").upper()
    end = base64.b32encode(rdata.next).decode().translate(BASE32_TO_HEX)
    middle = dns.dnssec.nsec3_hash(name, rdata.salt, rdata.iterations, 1)
    if len(start) != len(middle) or len(end) != len(middle):
        return False
    # The last one of a zone points at the first.
    return start < middle < end if start < end else middle > start or middle < end


# --- BIP-353


def owner_of(name):
    user, _, domain = name.lstrip("\u20bf").partition("@")
    if not user or not domain:
        raise ValueError(f"{name!r} is no payment name; write user@domain")
    return dns.name.from_text(user + BETWEEN + domain)


def pick_uri(one):
    """Exactly one record may begin with "bitcoin:"; the character-strings of a record belong together."""
    values = [b"".join(record.rdata.strings) for record in one.records]
    payments = [value for value in values if value[:8].lower() == b"bitcoin:"]
    if len(payments) != 1:
        raise Invalid(f"{one.owner} has {len(payments)} TXT records that begin with bitcoin:; it must be one")
    if not all(0x20 < byte < 0x7F for byte in payments[0]):
        raise Invalid("the payment instruction has characters that no URI has")
    return payments[0].decode("ascii")


def verify(data, owner, anchors, now, grace=GRACE_SECONDS):
    """A Result; raises Invalid."""
    try:
        chain = Chain(read_records(data), anchors, now, grace)
        chain.verify()
        one, evidence = chain.answer(owner)
    except dns.exception.DNSException as error:
        raise Invalid(f"{type(error).__name__}: {error}") from error
    return Result(pick_uri(one), evidence)


# --- changed proofs


class Free(NamedTuple):
    """Positions whose change changes nothing."""
    ttl: set
    letters: set  # but for their case


def free_positions(data):
    free = Free(set(), set())

    def add_letters(start):
        at = start
        while data[at]:
            label = range(at + 1, at + 1 + data[at])
            free.letters.update(i for i in label if chr(data[i]).isascii() and chr(data[i]).isalpha())
            at = label.stop

    for record in read_records(data):
        add_letters(record.at)
        free.ttl.update(range(record.type_at + 4, record.type_at + 8))
        rdata_at = record.type_at + 10
        # RFC 4034 section 6.2, of the types that proofs have; not NSEC (RFC 6840 section 5.1).
        if record.rdtype in (CNAME, DNAME):
            add_letters(rdata_at)
        elif record.rdtype == RRSIG:
            add_letters(rdata_at + 18)
    return free


def tamper(data, owner, anchors, now, grace, masks=TAMPER_MASKS):
    """Changes byte after byte and judges each change like any other proof. A list of complaints, and how many changes
    were refused and how many changed nothing, as they should."""
    uri = verify(data, owner, anchors, now, grace).uri
    free = free_positions(data)
    complaints = []
    refused = kept = 0
    for at in range(len(data)):
        for mask in masks:
            changed = bytearray(data)
            changed[at] ^= mask
            harmless = at in free.ttl or (at in free.letters and mask == 0x20)
            try:
                found = verify(bytes(changed), owner, anchors, now, grace).uri
            except Invalid as why:
                if harmless:
                    complaints.append(f"byte {at} ^ {mask:#04x} should change nothing, but: {why}")
                refused += 1
                continue
            if not harmless or found != uri:
                complaints.append(f"byte {at} ^ {mask:#04x} was accepted")
            kept += 1
    return complaints, refused, kept


# --- command line


def read_anchors(text):
    anchors = {}
    for rrset in dns.zonefile.read_rrsets(text, rdclass=None, default_ttl=0):
        if rrset.rdtype not in (DS, DNSKEY):
            raise ValueError(f"{rrset.name} {dns.rdatatype.to_text(rrset.rdtype)} is neither DS nor DNSKEY")
        anchors.setdefault(rrset.name, []).extend(rrset)
    if not anchors:
        raise ValueError("no DS and no DNSKEY record is in it")
    return anchors


def chain_of_psbt(value, name):
    """BIP-353: PSBT_OUT_DNSSEC_PROOF is the name's length, the name, the chain."""
    end = 1 + value[0] if value else 0
    if value[1:end].decode("ascii", "replace").lower() != name.lstrip("\u20bf").lower():
        raise Invalid("the PSBT value is for another name")
    return value[end:]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="user@domain")
    parser.add_argument("proof", help="a file with the chain; '-' for standard input")
    parser.add_argument("--anchor", help="a file with DS or DNSKEY records in zone file format; without: IANA's root")
    parser.add_argument("--psbt", action="store_true", help="the file is a PSBT value (type 0x35)")
    parser.add_argument("--now", type=int, default=None, help="seconds since 1970 that it is; without: now")
    parser.add_argument("--grace", type=int, default=GRACE_SECONDS,
                        help="seconds that a signature counts after its end (%(default)s, by BIP-353)")
    parser.add_argument("--details", action="store_true",
                        help="also say from when to when it holds, and for how long to keep it")
    parser.add_argument("--tamper", action="store_true", help="change every byte; valid only when all but harmless "
                                                              "changes are refused")
    return parser.parse_args()


def run(arguments):
    try:
        owner = owner_of(arguments.name)
        text = IANA_ANCHORS
        if arguments.anchor:
            with open(arguments.anchor, encoding="utf-8") as file:
                text = file.read()
        anchors = read_anchors(text)
        with open(0 if arguments.proof == "-" else arguments.proof, "rb") as file:
            data = file.read(MAX_BYTES + 256)
    except (OSError, ValueError, dns.exception.DNSException) as error:
        print(f"verify_proof: {error}", file=sys.stderr)
        return 2
    now = int(time.time()) if arguments.now is None else arguments.now
    try:
        if arguments.psbt:
            data = chain_of_psbt(data, arguments.name)
        result = verify(data, owner, anchors, now, arguments.grace)
        print(f"valid {result.uri}")
        if arguments.details:
            print(" ".join(f"{field}={value}" for field, value in result.evidence._asdict().items()))
        if not arguments.tamper:
            return 0
        begun = time.monotonic()
        complaints, refused, kept = tamper(data, owner, anchors, now, arguments.grace)
    except Invalid as why:
        print(f"invalid: {why}")
        return 1
    for complaint in complaints:
        print(f"tamper: {complaint}")
    print(f"tamper: {len(data)} bytes, {refused} changes refused, {kept} changes of TTLs and letter case harmless, "
          f"{len(complaints)} wrong, in {time.monotonic() - begun:.1f} s")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(run(parse_arguments()))
