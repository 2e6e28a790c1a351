#!/usr/bin/python3
"""Tests of verify_proof.py: the proofs that our fuzzer begins with, those of BIP-353 and that of RFC 9102.

  verify_proof_test.py CORPUS [VECTORS]
"""
import json
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
import verify_proof
from verify_proof import Invalid, owner_of, read_anchors, verify

CORPUS = Path(sys.argv[1])
VECTORS = Path(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else None
NOW = 1_750_000_000  # when the corpus was signed
ALICE = owner_of("alice@example.test")
VALUE = "bitcoin:?lno=lno1qcp4256ypq"


def corpus():
    for path in sorted(CORPUS.iterdir()):
        data = path.read_bytes()
        end = 2 + int.from_bytes(data[:2], "big")
        key = verify_proof.read_rdata(verify_proof.DNSKEY, data[2:end], 0)
        yield path.name, data[end:], read_anchors(f". IN DNSKEY {key.to_text()}")


class Corpus(unittest.TestCase):
    def test_every_proof_is_valid_and_no_change_of_a_bit_is(self):
        for name, chain, anchors in corpus():
            with self.subTest(name):
                self.assertEqual(verify(chain, ALICE, anchors, NOW, 0).uri, VALUE)
                complaints, refused, _ = verify_proof.tamper(chain, ALICE, anchors, NOW, 0, masks=(0x01,))
                self.assertEqual(complaints, [])
                self.assertGreater(refused, len(chain) * 3 // 4)

    def test_every_record_is_needed(self):
        for name, chain, anchors in corpus():
            starts = [record.at for record in verify_proof.read_records(chain)] + [len(chain)]
            for start, end in zip(starts, starts[1:]):
                rest = chain[:start] + chain[end:]
                record = verify_proof.read_records(chain)[starts.index(start)]
                # The CNAME that a DNAME makes says nothing new.
                made = name == "dname" and record.rdtype == verify_proof.CNAME
                with self.subTest(name, without=f"{record.owner} {record.rdata}"):
                    self.assertEqual(self.holds(rest, anchors), made)

    def test_order_does_not_matter(self):
        for name, chain, anchors in corpus():
            starts = [record.at for record in verify_proof.read_records(chain)] + [len(chain)]
            parts = [chain[start:end] for start, end in zip(starts, starts[1:])]
            with self.subTest(name):
                self.assertEqual(verify(b"".join(reversed(parts)), ALICE, anchors, NOW, 0).uri, VALUE)

    def test_what_it_does_not_say_is_refused(self):
        name, chain, anchors = next(corpus())
        for what, arguments in {
                "another name": (chain, owner_of("bob@example.test"), anchors, NOW, 0),
                "the public root": (chain, ALICE, read_anchors(verify_proof.IANA_ANCHORS), NOW, 0),
                "long ago": (chain, ALICE, anchors, NOW - 10**8, 0),
                "long after": (chain, ALICE, anchors, NOW + 10**8, 3600),
                "nothing": (b"", ALICE, anchors, NOW, 0),
                "a rest": (chain + b"\0", ALICE, anchors, NOW, 0),
        }.items():
            with self.subTest(what), self.assertRaises(Invalid):
                verify(*arguments)

    @staticmethod
    def holds(chain, anchors):
        try:
            verify(chain, ALICE, anchors, NOW, 0)
        except Invalid:
            return False
        return True


@unittest.skipUnless(VECTORS, "set PAYNAMED_VECTORS to the folder of the vectors")
class Vectors(unittest.TestCase):
    def test_bip_353(self):
        anchors = read_anchors(verify_proof.IANA_ANCHORS)
        for case in json.loads((VECTORS / "bip353/psbt-dnssec-proofs.json").read_text()):
            chain = bytes.fromhex(case["rfc9102_chain_hex"])
            expect = case.get("expect")
            with self.subTest(case["name"], note=case["note"]):
                psbt = bytes.fromhex(case["psbt_value_hex"])
                self.assertEqual(verify_proof.chain_of_psbt(psbt, case["name"]), chain)
                now = expect["valid_from"] if expect else 1_754_580_000
                arguments = (chain, owner_of(case["name"]), anchors)
                if not case["bip353_valid"]:
                    self.assertRaises(Invalid, verify, *arguments, now, 0)
                    continue
                self.assertEqual(verify(*arguments, now, 0).evidence._asdict(), expect)
                self.assertRaises(Invalid, verify, *arguments, now - 1, 3600)
                verify(*arguments, expect["expires"] + 3600, 3600)
                self.assertRaises(Invalid, verify, *arguments, expect["expires"] + 3601, 3600)

    def test_rfc_9102(self):
        case = json.loads((VECTORS / "rfc9102/tlsa-443-www-example-com.json").read_text())
        records = verify_proof.read_records(bytes.fromhex(case["chain_hex"]))
        verify_proof.Chain(records, read_anchors(case["trust_anchor_ds"]), 1_544_000_000, 0).verify()
        with self.assertRaises(Invalid):
            verify_proof.Chain(records, read_anchors(verify_proof.IANA_ANCHORS), 1_544_000_000, 0).verify()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
