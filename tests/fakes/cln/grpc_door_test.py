#!/usr/bin/python3
"""That the gRPC door is as cln-grpc is, seen by another client than the plugin."""

import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import grpc

import certificates
import grpc_door
from caller import Caller
from commands import Commands
from faults import Faults
from node import Node


class GrpcDoorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        certificates.write(cls.folder.name)
        cls.node, cls.faults = Node("alice"), Faults()
        cls.door = grpc_door.GrpcDoor(Caller(Commands(cls.node), cls.faults), cls.folder.name)
        cls.pb = sys.modules["cln_node_pb2"]
        cls.channel = cls.connect(cls.read("client-key.pem"), cls.read("client.pem"))

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        cls.door.server.stop(0).wait()
        cls.folder.cleanup()

    @classmethod
    def read(cls, name):
        with open(os.path.join(cls.folder.name, name), "rb") as file:
            return file.read()

    @classmethod
    def connect(cls, key=None, certificate=None):
        return grpc.secure_channel(f"127.0.0.1:{cls.door.port}",
                                   grpc.ssl_channel_credentials(cls.read("ca.pem"), key, certificate),
                                   [("grpc.ssl_target_name_override", "cln")])

    def ask(self, name, channel=None, **fields):
        stem = grpc_door.METHODS[name][1]
        call = (channel or self.channel).unary_unary(f"/cln.Node/{name}",
                                                     getattr(self.pb, stem + "Request").SerializeToString,
                                                     getattr(self.pb, stem + "Response").FromString)
        return call(getattr(self.pb, stem + "Request")(**fields), timeout=10)

    def refused(self, name, **fields):
        with self.assertRaises(grpc.RpcError) as caught:
            self.ask(name, **fields)
        return caught.exception

    def test_a_client_without_a_certificate_gets_nothing(self):
        with self.connect() as channel, self.assertRaises(grpc.RpcError) as caught:
            self.ask("Getinfo", channel)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def test_facts_and_offers_come_in_their_fields(self):
        self.assertEqual(self.ask("Getinfo").id.hex(), self.node.id)
        made = self.ask("Offer", amount="any", description="d", label="k")
        self.assertTrue(made.created)
        listed = self.ask("ListOffers", offer_id=made.offer_id).offers
        self.assertEqual([(each.label, each.bolt12) for each in listed], [("k", made.bolt12)])

    def test_errors_are_rusts_text(self):
        amount = self.pb.AmountOrAny(any=True)
        self.ask("Invoice", label='a "b"', description="d", amount_msat=amount)
        error = self.refused("Invoice", label='a "b"', description="d", amount_msat=amount)
        self.assertEqual(error.code(), grpc.StatusCode.UNKNOWN)
        self.assertEqual(error.details(), "Error calling method Invoice: RpcError { code: Some(900), message: "
                                          "\"Duplicate label 'a \\\"b\\\"'\", data: None }")

    def test_a_missing_amount_panics(self):
        self.assertEqual(self.refused("Invoice", label="l", description="d").code(), grpc.StatusCode.CANCELLED)

    def test_a_fronting_node_that_is_no_key_panics(self):
        error = self.refused("Offer", amount="any", description="f", fronting_nodes=[b"\x02" * 32])
        self.assertEqual(error.code(), grpc.StatusCode.CANCELLED)

    def test_fronting_nodes_are_dropped_by_an_older_node(self):
        front = b"\x02" * 33
        for version, kept in (("v26.04", [front.hex()]), ("v26.03", [])):
            self.node.version = version
            made = self.ask("Offer", amount="any", description=version, fronting_nodes=[front])
            self.assertEqual(self.node.offers[made.offer_id.hex()]["fronting_nodes"], kept)

    def test_an_answer_that_is_none_cannot_be_read(self):
        self.faults.order({"method": "getinfo", "kind": "garbage"})
        with self.assertRaises(grpc.RpcError) as caught:
            self.ask("Getinfo")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INTERNAL)

    def test_certificates_of_another_node_or_out_of_time_get_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            certificates.write(folder)
            with open(os.path.join(folder, "client.pem"), "rb") as file:
                foreign = file.read()
            with open(os.path.join(folder, "client-key.pem"), "rb") as file:
                foreign_key = file.read()
        pairs = [(foreign_key, foreign), (self.read("expired-key.pem"), self.read("expired.pem"))]
        for key, certificate in pairs:
            with self.connect(key, certificate) as channel, self.assertRaises(grpc.RpcError) as caught:
                self.ask("Getinfo", channel)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def test_a_waiter_is_not_told_of_the_offer(self):
        made = self.ask("Offer", amount="any", description="paid")
        self.assertTrue(self.node.pay_offer(made.bolt12, 5, "note"))
        paid = self.ask("WaitAnyInvoice", lastpay_index=0, timeout=0)
        self.assertEqual((paid.status, paid.amount_received_msat.msat), (0, 5))
        row = self.ask("ListInvoices", label=paid.label).invoices[0]
        self.assertEqual((row.status, row.local_offer_id, row.invreq_payer_note), (1, made.offer_id, "note"))
        self.assertIn("Some(904)", self.refused("WaitAnyInvoice", lastpay_index=paid.pay_index, timeout=0).details())

    def test_an_unknown_status_fails_the_whole_list(self):
        self.ask("Invoice", label="u", description="d", amount_msat=self.pb.AmountOrAny(any=True))
        self.faults.order({"method": "listinvoices", "kind": "unknown"})
        self.assertIn("code: None", self.refused("ListInvoices").details())


if __name__ == "__main__":
    unittest.main()
