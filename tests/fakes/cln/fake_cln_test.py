#!/usr/bin/python3
"""What the fake must do as lightningd does."""

import os
import sys
import threading
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import rest_door
from caller import Caller, Dropped
from commands import Commands
from faults import Faults
from node import Node, RpcError


class FakeClnTest(unittest.TestCase):
    def setUp(self):
        self.node, self.faults = Node("alice"), Faults()
        self.commands = Commands(self.node)
        self.caller = Caller(self.commands, self.faults)

    def run_(self, method, **params):
        return self.caller.call(method, params)

    def refused(self, method, **params):
        with self.assertRaises(RpcError) as caught:
            self.run_(method, **params)
        return caught.exception

    def paid(self, label):
        invoice = self.run_("invoice", amount_msat=1000, label=label, description="d")
        self.assertTrue(self.node.pay_invoice(invoice["bolt11"]))

    def test_the_same_terms_give_the_same_offer_with_the_old_label(self):
        first = self.run_("offer", amount="any", description="d", label="one")
        second = self.run_("offer", amount="any", description="d", label="two")
        self.assertTrue(first["created"])
        self.assertFalse(second["created"])
        self.assertEqual((second["offer_id"], second["label"]), (first["offer_id"], "one"))

    def test_with_a_blinded_path_each_offer_is_new(self):
        self.node.blinded = True
        ids = {self.run_("offer", amount="any", description="d", label="one")["offer_id"] for _ in range(3)}
        self.assertEqual(len(ids), 3)

    def test_a_disabled_offer_cannot_be_made_again(self):
        offer = self.run_("offer", amount="1000msat", description="d")
        self.run_("disableoffer", offer_id=offer["offer_id"])
        self.assertEqual(self.refused("offer", amount="1000msat", description="d").code, 1000)
        self.assertEqual(self.refused("disableoffer", offer_id=offer["offer_id"]).code, 1001)
        self.run_("enableoffer", offer_id=offer["offer_id"])
        self.assertEqual(self.refused("enableoffer", offer_id=offer["offer_id"]).code, 1006)

    def test_a_single_use_offer_is_paid_once_and_not_enabled_again(self):
        offer = self.run_("offer", amount="any", description="d", single_use=True)
        self.assertTrue(self.node.pay_offer(offer["bolt12"], 5, None))
        self.assertFalse(self.node.pay_offer(offer["bolt12"], 5, None))
        self.assertEqual(self.refused("enableoffer", offer_id=offer["offer_id"]).code, 1007)

    def test_a_duplicate_label_comes_with_the_invoice(self):
        first = self.run_("invoice", amount_msat="any", label="l", description="d")
        error = self.refused("invoice", amount_msat=5, label="l", description="d")
        self.assertEqual((error.code, error.data["bolt11"]), (900, first["bolt11"]))

    def test_a_fixed_amount_needs_a_description_and_parameters_are_checked(self):
        self.assertEqual(self.refused("offer", amount="1000msat").code, -32602)
        self.assertEqual(self.refused("offer", amount="any", colour="red").code, -32602)
        self.assertEqual(self.refused("waitanyinvoice", timeout=5.0).code, -32602)
        self.assertEqual(self.refused("fetchbip353").code, -32601)

    def test_fronting_nodes_make_each_offer_new_and_need_a_new_node(self):
        front = "02" + "ab" * 32
        ids = {self.run_("offer", amount="any", description="d", fronting_nodes=[front])["offer_id"] for _ in range(2)}
        self.assertEqual(len(ids), 2)
        self.assertEqual(self.refused("offer", amount="any", fronting_nodes=["02ab"]).code, -32602)
        self.node.version = "v25.12.1"
        error = self.refused("offer", amount="any", fronting_nodes=[front])
        self.assertEqual((error.code, error.message), (-32602, "unknown parameter: fronting_nodes"))

    def test_pay_indexes_rise_and_are_not_used_again(self):
        self.paid("a")
        self.paid("b")
        self.assertEqual(self.run_("waitanyinvoice", lastpay_index=0, timeout=0)["label"], "a")
        self.node.delete_paid()
        self.paid("c")
        self.assertEqual(self.run_("waitanyinvoice", lastpay_index=0, timeout=0)["pay_index"], 3)
        self.assertEqual(self.refused("waitanyinvoice", lastpay_index=3, timeout=0).code, 904)

    def test_invoices_are_listed_in_the_order_of_their_changes(self):
        for label in ("a", "b", "c"):
            self.run_("invoice", amount_msat=1000, label=label, description="d", expiry=1000)
        for label in ("c", "a"):
            self.assertTrue(self.node.pay_invoice(self.run_("listinvoices", label=label)["invoices"][0]["bolt11"]))
        rows = self.run_("listinvoices", index="updated", start=1)["invoices"]
        self.assertEqual([(each["label"], each["pay_index"], each["updated_index"]) for each in rows],
                         [("c", 1, 1), ("a", 2, 2)])
        self.assertEqual(self.run_("listinvoices", index="updated", start=2, limit=5)["invoices"], rows[1:])
        self.assertEqual(self.run_("listinvoices", index="updated", start=1, limit=1)["invoices"], rows[:1])
        self.node.clock_offset = 1001
        self.assertEqual([(each["label"], each["status"])
                          for each in self.run_("listinvoices", index="updated", start=3)["invoices"]], [("b", "expired")])
        self.node.forget_description("c")
        self.assertEqual([each["label"] for each in self.run_("listinvoices", index="updated", start=1)["invoices"]],
                         ["a", "b", "c"])
        self.assertEqual(self.run_("waitanyinvoice", lastpay_index=1, timeout=0)["updated_index"], 2)
        self.assertEqual(self.refused("listinvoices", start=1).code, -32602)
        self.assertEqual(self.refused("listinvoices", limit=1).code, -32602)
        self.assertEqual(self.refused("listinvoices", index="paid").code, -32602)

    def test_a_waiter_that_is_ahead_gets_the_next_payment(self):
        got = []
        waiter = threading.Thread(target=lambda: got.append(self.run_("waitanyinvoice", lastpay_index=99, timeout=10)))
        waiter.start()
        while not self.node.lock._waiters:  # until it waits
            pass
        with self.node.lock:
            self.paid("a")
        waiter.join()
        self.assertEqual(got[0]["pay_index"], 1)

    def test_a_waiter_gets_the_payment_that_woke_it(self):
        got = []
        waiter = threading.Thread(target=lambda: got.append(self.run_("waitanyinvoice", lastpay_index=0, timeout=10)))
        waiter.start()
        while not self.node.lock._waiters:  # until it waits
            pass
        with self.node.lock:  # both before it can look
            self.paid("a")
            self.paid("b")
        waiter.join()
        self.assertEqual(got[0]["label"], "a")

    def test_offers_and_invoices_end_with_their_time(self):
        offer = self.run_("offer", amount="any", description="d", absolute_expiry=self.node.now() + 5)
        invoice = self.run_("invoice", amount_msat=5, label="l", description="d", expiry=5)
        self.node.clock_offset = 6
        self.assertFalse(self.node.pay_offer(offer["bolt12"], 5, None))
        self.assertFalse(self.node.pay_invoice(invoice["bolt11"]))
        self.assertTrue(self.run_("listoffers")["offers"][0]["active"])

    def test_a_lost_reply_is_done_and_a_reset_is_not(self):
        for kind, made in (("reset", 0), ("lose_reply", 1)):
            self.faults.order({"method": "writes", "kind": kind})
            with self.assertRaises(Dropped):
                self.run_("offer", amount="any", description="d")
            self.assertEqual(len(self.node.offers), made)

    def test_runes_allow_what_they_say(self):
        self.assertIsNone(rest_door.refusal_of(rest_door.make_rune(), "pay"))
        limited = rest_door.make_rune(["offer", "invoice"])
        self.assertIsNone(rest_door.refusal_of(limited, "invoice"))
        self.assertIn("Not permitted", rest_door.refusal_of(limited, "pay"))
        self.assertIn("Not derived", rest_door.refusal_of("A" + limited, "offer"))


if __name__ == "__main__":
    unittest.main()
