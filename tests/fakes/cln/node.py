"""One Core Lightning node: its offers, invoices and payments, with lightningd's rules. Every door leads here."""

import hashlib
import os
import re
import threading
import time

import bolt12

DEFAULT_EXPIRY = 604_800
OFFER_INVOICE_EXPIRY = 7_200


class RpcError(Exception):
    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.code, self.message, self.data = code, message, data

    def json(self):
        answer = {"code": self.code, "message": self.message}
        if self.data is not None:
            answer["data"] = self.data
        return answer


FIELD = 2**256 - 2**32 - 977  # of secp256k1


def node_id(seed):
    """A key that is a point of the curve: y*y = x*x*x + 7 has a solution."""
    digest = hashlib.sha256(seed.encode()).digest()
    while True:
        x = int.from_bytes(digest, "big")
        if x < FIELD and pow(x**3 + 7, (FIELD - 1) // 2, FIELD) == 1:
            return "02" + digest.hex()
        digest = hashlib.sha256(digest).digest()


class Node:
    def __init__(self, seed, network="regtest", version="v26.06.6"):
        self.lock = threading.Condition()
        self.id = node_id(seed)
        self.network, self.version = network, version
        self.blinded = False  # unannounced: each offer gets a path with fresh keys
        self.clock_offset = 0
        self.warnings = {}
        self.revoked_runes = []
        self.offers = {}  # by id
        self.invoices = []
        self.created_index = 0
        self.updated_index = 0
        self.pay_index = 0
        self.arrived = []
        self.channels = [{"connected": True, "state": "CHANNELD_NORMAL", "our_amount_msat": 400_000_000,
                          "amount_msat": 1_000_000_000}]

    def now(self):
        return int(time.time()) + self.clock_offset

    # Offers.

    def release(self):
        """(26, 6) of v26.06.6."""
        return tuple(int(each) for each in re.findall("[0-9]+", self.version)[:2])

    def create_offer(self, terms, label, single_use, fronting_nodes=()):
        forced = self.blinded or bool(fronting_nodes)
        path = bytes.fromhex("".join(fronting_nodes)) + os.urandom(60) if forced else None
        records = bolt12.records_of(terms, bytes.fromhex(self.id), path, self.network)
        offer_id = bolt12.offer_id(records)
        known = self.offers.get(offer_id)
        if known:
            if not known["active"]:
                raise RpcError(1000, "Offer already exists, but isn't active")
            return {**self.shown(known), "created": False}
        offer = {"offer_id": offer_id, "active": True, "single_use": single_use, "bolt12": bolt12.offer_string(records),
                 "used": False, "force_paths": forced, "terms": terms, "fronting_nodes": list(fronting_nodes)}
        if label is not None:
            offer["label"] = label
        self.offers[offer_id] = offer
        return {**self.shown(offer), "created": True}

    @staticmethod
    def shown(offer):
        return {key: value for key, value in offer.items() if key not in ("terms", "fronting_nodes")}

    def stuff(self, count, size):
        """So many offers that somebody else made, each with so long a text."""
        for _ in range(count):
            offer_id = os.urandom(32).hex()
            self.offers[offer_id] = {"offer_id": offer_id, "active": True, "single_use": False, "bolt12": "lno1" + "q" * size,
                                     "used": False, "force_paths": False, "terms": {}, "fronting_nodes": []}

    def offer(self, offer_id):
        if offer_id not in self.offers:
            raise RpcError(-1, "Unknown offer")
        return self.offers[offer_id]

    def disable_offer(self, offer_id):
        offer = self.offer(offer_id)
        if not offer["active"]:
            raise RpcError(1001, "offer is not active")
        offer["active"] = False
        return self.shown(offer)

    def enable_offer(self, offer_id):
        offer = self.offer(offer_id)
        if offer["active"]:
            raise RpcError(1006, "offer already active")
        if offer["single_use"] and offer["used"]:
            raise RpcError(1007, "cannot activate a used single_use offer")
        offer["active"] = True
        return self.shown(offer)

    # Invoices.

    def create_invoice(self, label, amount_msat, description, expiry, offer=None, payer_note=None, name=None):
        known = next((each for each in self.invoices if each["label"] == label), None)
        if known:
            raise RpcError(900, f"Duplicate label '{label}'", self.public(known))
        preimage = os.urandom(32)
        self.created_index += 1
        invoice = {"label": label, "description": description, "payment_hash": hashlib.sha256(preimage).hexdigest(),
                   "status": "unpaid", "expires_at": self.now() + expiry, "created_index": self.created_index,
                   "preimage": preimage.hex(), "created_at": self.now(), "expiry": expiry, "offer": offer}
        if amount_msat is not None:
            invoice["amount_msat"] = amount_msat
        if offer:
            invoice["bolt12"] = bolt12.invoice_string(os.urandom(40), payer_note, name)
            invoice["local_offer_id"] = offer["offer_id"]
            if payer_note:
                invoice["invreq_payer_note"] = payer_note
        else:
            # Only this node can read it.
            invoice["bolt11"] = "lnbcrt1" + os.urandom(60).hex()
        self.invoices.append(invoice)
        return invoice

    def public(self, invoice):
        """As listinvoices and waitanyinvoice show it."""
        if invoice["status"] == "unpaid" and invoice["expires_at"] <= self.now():
            self._changed(invoice, status="expired")
        hidden = {"preimage", "created_at", "expiry", "offer"}
        shown = {key: value for key, value in invoice.items() if key not in hidden}
        if invoice["status"] == "paid":
            shown["payment_preimage"] = invoice["preimage"]
        return shown

    def _changed(self, invoice, **values):
        self.updated_index += 1
        invoice.update(updated_index=self.updated_index, **values)

    def _arrive(self, invoice, amount_msat):
        self.pay_index += 1
        self._changed(invoice, status="paid", pay_index=self.pay_index, amount_received_msat=amount_msat,
                      paid_at=self.now())
        if invoice["offer"]:
            invoice["offer"]["used"] = True
            if invoice["offer"]["single_use"]:
                invoice["offer"]["active"] = False
        with self.lock:
            self.arrived.append(invoice)
            self.lock.notify_all()

    def pay_invoice(self, bolt11, amount_msat=None):
        invoice = next((each for each in self.invoices if bolt11 in (each.get("bolt11"), each.get("bolt12"))), None)
        if invoice is None or self.public(invoice)["status"] != "unpaid":
            return False
        amount = amount_msat or invoice.get("amount_msat")
        if not amount or amount < invoice.get("amount_msat", 0):
            return False
        self._arrive(invoice, amount)
        return True

    def pay_offer(self, text, amount_msat, payer_note, name=None):
        """name: the one that the payer says it looked up."""
        offer = next((each for each in self.offers.values() if each["bolt12"] == text), None)
        if offer is None or not offer["active"]:
            return False
        terms = offer["terms"]
        if terms.get("absolute_expiry") is not None and terms["absolute_expiry"] <= self.now():
            return False
        least = terms.get("amount_msat") or 0
        if amount_msat < least or (least and amount_msat > 5 * least):
            return False
        label = f"{offer['offer_id']}-02{os.urandom(32).hex()}-0"
        invoice = self.create_invoice(label, amount_msat, terms.get("description"), OFFER_INVOICE_EXPIRY, offer,
                                      payer_note, name)
        self._arrive(invoice, amount_msat)
        return True

    def wait_any(self, after, timeout):
        """Call with the lock held. The lowest paid after the index, or whatever is paid next: lightningd does not look at
        the index of a payment that wakes a waiter, so that an index that is ahead gets a smaller one."""
        paid = [each for each in self.invoices if each["status"] == "paid" and each["pay_index"] > after]
        if paid:
            return self.public(min(paid, key=lambda each: each["pay_index"]))
        seen = len(self.arrived)
        if not self.lock.wait_for(lambda: len(self.arrived) > seen, timeout):
            raise RpcError(904, "Timed out while waiting for invoice to be paid")
        return self.public(self.arrived[seen])

    def forget_description(self, label):
        """delinvoice with desconly, which changes a paid invoice."""
        invoice = next(each for each in self.invoices if each["label"] == label)
        invoice.pop("description", None)
        self._changed(invoice)

    def delete(self, label):
        self.invoices = [each for each in self.invoices if each["label"] != label]

    def delete_paid(self):
        self.invoices = [each for each in self.invoices if each["status"] != "paid"]

    def rewind(self, pay_index):
        """The database is a backup of when so many payments had come."""
        self.invoices = [each for each in self.invoices if each.get("pay_index", 0) <= pay_index]
        self.pay_index = pay_index
        self.updated_index = max((each.get("updated_index", 0) for each in self.invoices), default=0)
