"""lightningd's JSON-RPC commands, as far as a payee needs them: parameters are checked as strictly as there."""

import re

from node import DEFAULT_EXPIRY, RpcError

MOST_MSAT = 2**64 - 1
PARAMETERS = {
    "getinfo": {},
    "listfunds": {"spent": bool},
    "offer": {"amount": str, "description": str, "issuer": str, "label": str, "absolute_expiry": int,
              "single_use": bool, "fronting_nodes": list},
    "listoffers": {"offer_id": str, "active_only": bool},
    "disableoffer": {"offer_id": str},
    "enableoffer": {"offer_id": str},
    "invoice": {"amount_msat": (int, str), "label": (str, int), "description": str, "expiry": int},
    "listinvoices": {"label": str, "invstring": str, "payment_hash": str, "offer_id": str, "index": str, "start": int,
                     "limit": int},
    "waitanyinvoice": {"lastpay_index": int, "timeout": int},
    "decode": {"string": str},
}
REQUIRED = {"offer": ["amount"], "disableoffer": ["offer_id"], "enableoffer": ["offer_id"],
            "invoice": ["amount_msat", "label", "description"], "decode": ["string"]}


def _checked(method, params):
    if method not in PARAMETERS:
        raise RpcError(-32601, f"Unknown command '{method}'")
    known = PARAMETERS[method]
    if isinstance(params, list):
        params = dict(zip(known, params))
    if not isinstance(params, dict):
        raise RpcError(-32602, "Expected array or object for params")
    for name, value in params.items():
        if name not in known:
            raise RpcError(-32602, f"unknown parameter: {name}")
        wanted = known[name] if isinstance(known[name], tuple) else (known[name],)
        wrong = not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)
        if wrong or (isinstance(value, int) and not 0 <= value <= MOST_MSAT):
            raise RpcError(-32602, f"{name}: should be {known[name]}: invalid token")
    for name in REQUIRED.get(method, []):
        if name not in params:
            raise RpcError(-32602, f"missing required parameter: {name}")
    return params


def _hash(value, name):
    if not re.fullmatch("[0-9a-f]{64}", value):
        raise RpcError(-32602, f"{name}: should be a 32 byte hex value: invalid token '{value}'")
    return value


def _amount(text):
    """None: any."""
    if text == "any":
        return None
    found = re.fullmatch(r"([0-9]+)(msat|sat)?", str(text))
    if not found or int(found[1]) == 0:
        raise RpcError(-32602, "amount: invalid")
    return int(found[1]) * (1000 if found[2] == "sat" else 1)


class Commands:
    def __init__(self, node):
        self.node = node

    def run(self, method, params):
        params = _checked(method, params)
        if "fronting_nodes" in params and self.node.release() < (26, 4):
            raise RpcError(-32602, "unknown parameter: fronting_nodes")
        with self.node.lock:
            return getattr(self, "_" + method)(**params)

    def _getinfo(self):
        node = self.node
        return {"id": node.id, "alias": "FAKE", "color": "02aaaa", "num_peers": 1, "num_pending_channels": 0,
                "num_active_channels": len(node.channels), "num_inactive_channels": 0, "address": [], "binding": [],
                "version": node.version, "blockheight": 110, "network": node.network, "fees_collected_msat": 0,
                "lightning-dir": "/nowhere", **node.warnings}

    def _listfunds(self, spent=False):
        del spent
        return {"outputs": [], "channels": [{"peer_id": "03" + "ab" * 32, "funding_txid": "cd" * 32, "funding_output": 0,
                                             "channel_id": "ef" * 32, **each} for each in self.node.channels]}

    def _offer(self, amount, description=None, issuer=None, label=None, absolute_expiry=None, single_use=False,
               fronting_nodes=()):
        if not all(isinstance(each, str) and re.fullmatch("0[23][0-9a-f]{64}", each) for each in fronting_nodes):
            raise RpcError(-32602, "fronting_nodes: should be an array of node ids: invalid token")
        terms = {"amount_msat": _amount(amount), "description": description, "issuer": issuer,
                 "absolute_expiry": absolute_expiry}
        if terms["amount_msat"] is not None and description is None:
            raise RpcError(-32602, "description is required for the user to know what it was they paid for")
        return self.node.create_offer(terms, label, single_use, list(fronting_nodes))

    def _listoffers(self, offer_id=None, active_only=False):
        if offer_id is not None:
            _hash(offer_id, "offer_id")
        return {"offers": [self.node.shown(each) for each in self.node.offers.values()
                           if offer_id in (None, each["offer_id"]) and (each["active"] or not active_only)]}

    def _disableoffer(self, offer_id):
        return self.node.disable_offer(_hash(offer_id, "offer_id"))

    def _enableoffer(self, offer_id):
        return self.node.enable_offer(_hash(offer_id, "offer_id"))

    def _invoice(self, amount_msat, label, description, expiry=DEFAULT_EXPIRY):
        made = self.node.create_invoice(str(label), _amount(amount_msat), description, expiry)
        return {"payment_hash": made["payment_hash"], "expires_at": made["expires_at"], "bolt11": made["bolt11"],
                "payment_secret": "11" * 32, "created_index": made["created_index"],
                "warning_capacity": "Insufficient incoming channel capacity to pay invoice"}

    def _listinvoices(self, label=None, invstring=None, payment_hash=None, offer_id=None, index=None, start=0, limit=None):
        if sum(each is not None for each in (label, invstring, payment_hash, offer_id)) > 1:
            raise RpcError(-32602, "Can only specify one of {label}, {invstring}, {payment_hash} or {offer_id}")
        if payment_hash is not None:
            _hash(payment_hash, "payment_hash")
        if index not in (None, "created", "updated"):
            raise RpcError(-32602, f"index: unknown index name: invalid token '{index}'")
        if index is None and (start or limit is not None):
            raise RpcError(-32602, "start and limit need an index")
        found = [each for each in self.node.invoices
                 if label in (None, each["label"]) and payment_hash in (None, each["payment_hash"])
                 and offer_id in (None, each.get("local_offer_id"))
                 and (invstring is None or invstring in (each.get("bolt11"), each.get("bolt12")))]
        shown = [self.node.public(each) for each in found]
        if index is not None:
            number = index + "_index"
            shown = sorted((each for each in shown if each.get(number, 0) >= start), key=lambda each: each.get(number, 0))
        return {"invoices": shown[:limit]}

    def _waitanyinvoice(self, lastpay_index=0, timeout=None):
        return self.node.wait_any(lastpay_index, timeout)

    def _decode(self, string):
        offer = next((each for each in self.node.offers.values() if each["bolt12"] == string), None)
        if offer:
            terms = {"offer_" + key: value for key, value in offer["terms"].items() if value is not None}
            return {"type": "bolt12 offer", "offer_id": offer["offer_id"], "offer_issuer_id": self.node.id, "valid": True,
                    **terms}
        invoice = next((each for each in self.node.invoices if each.get("bolt11") == string), None)
        if invoice:
            shown = {key: invoice[key] for key in ("description", "payment_hash", "created_at", "expiry", "amount_msat")
                     if key in invoice}
            return {"type": "bolt11 invoice", "currency": "bcrt", "payee": self.node.id, "valid": True, **shown}
        raise RpcError(-32602, "string: Unparsable string: invalid token")
