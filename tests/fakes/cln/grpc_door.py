"""cln-grpc: mutual TLS, the client's certificate from the node's own CA, errors as Rust prints them for debugging."""

import concurrent.futures
import importlib
import os
import subprocess
import sys
import tempfile

import grpc

from caller import Dropped, Garbage
from node import RpcError

HERE = os.path.dirname(os.path.abspath(__file__))
KEY_BYTES = 33
STATES = {"OPENINGD": 0, "CHANNELD_AWAITING_LOCKIN": 1, "CHANNELD_NORMAL": 2}
LIST_STATUS = {"unpaid": 0, "paid": 1, "expired": 2}
WAIT_STATUS = {"paid": 0, "expired": 1}  # other numbers than in the list: so it is


def messages():
    """The module that protoc makes of cln_node.proto; nothing of it stays on the disk."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", "-I", HERE, "--python_out", folder, "cln_node.proto"], check=True)
        sys.path.insert(0, folder)
        try:
            return importlib.import_module("cln_node_pb2")
        finally:
            sys.path.remove(folder)


class Panic(Exception):
    """The handler of cln-grpc dies, and the stream with it."""


def rust_text(text):
    """As {:?} prints a string."""
    plain = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(plain.get(each, each) for each in text) + '"'


def _present(request, names):
    return {name: getattr(request, name) for name in names if request.HasField(name)}


def _fill(message, row, texts=(), numbers=(), hexes=(), amounts=()):
    for name in texts + numbers:
        if row.get(name) is not None:
            setattr(message, name, row[name])
    for name in hexes:
        if row.get(name) is not None:
            setattr(message, name, bytes.fromhex(row[name]))
    for name in amounts:
        if row.get(name) is not None:
            getattr(message, name).msat = row[name]
    return message


OFFER = {"texts": ("bolt12", "label"), "numbers": ("active", "single_use", "used"), "hexes": ("offer_id",)}
LIST_INDEX = ("created", "updated")
INVOICE = {"texts": ("label", "bolt11"), "numbers": ("expires_at", "pay_index", "paid_at", "updated_index"),
           "hexes": ("payment_hash", "payment_preimage"), "amounts": ("amount_received_msat",)}


class Service:
    """Each method: the JSON call, and the message that its answer becomes."""

    def __init__(self, caller, pb):
        self.call, self.pb = caller.call, pb
        self.node = caller.commands.node

    def getinfo(self, _):
        row = self.call("getinfo", {})
        return _fill(self.pb.GetinfoResponse(), row, ("version", "network", "warning_bitcoind_sync",
                                                      "warning_lightningd_sync"), (), ("id",))

    def list_funds(self, _):
        answer = self.pb.ListfundsResponse()
        for row in self.call("listfunds", {})["channels"]:
            channel = _fill(answer.channels.add(), row, (), ("connected",), (), ("our_amount_msat", "amount_msat"))
            channel.state = STATES[row["state"]]
        return answer

    def offer(self, request):
        params = {"amount": request.amount, **_present(request, ["description", "issuer", "label", "absolute_expiry",
                                                                 "single_use"])}
        if any(len(each) != KEY_BYTES for each in request.fronting_nodes):
            raise Panic
        # An empty list cannot be told from none, and an older cln-grpc does not know the field and drops it.
        if request.fronting_nodes and self.node.release() >= (26, 4):
            params["fronting_nodes"] = [each.hex() for each in request.fronting_nodes]
        row = self.call("offer", params)
        answer = _fill(self.pb.OfferResponse(), row, **OFFER)
        answer.created = row["created"]
        return answer

    def list_offers(self, request):
        params = _present(request, ["active_only"])
        if request.HasField("offer_id"):
            params["offer_id"] = request.offer_id.hex()
        answer = self.pb.ListoffersResponse()
        for row in self.call("listoffers", params)["offers"]:
            _fill(answer.offers.add(), row, **OFFER)
        return answer

    def disable_offer(self, request):
        row = self.call("disableoffer", {"offer_id": request.offer_id.hex()})
        return _fill(self.pb.DisableofferResponse(), row, hexes=("offer_id",))

    def enable_offer(self, request):
        row = self.call("enableoffer", {"offer_id": request.offer_id.hex()})
        return _fill(self.pb.EnableofferResponse(), row, hexes=("offer_id",))

    def invoice(self, request):
        kind = request.amount_msat.WhichOneof("value") if request.HasField("amount_msat") else None
        if kind is None:
            raise Panic
        amount = "any" if kind == "any" else request.amount_msat.amount.msat
        row = self.call("invoice", {"amount_msat": amount, "label": request.label, "description": request.description,
                                    **_present(request, ["expiry"])})
        return _fill(self.pb.InvoiceResponse(), row, ("bolt11",), ("expires_at",), ("payment_hash",))

    def list_invoices(self, request):
        params = _present(request, ["label", "start", "limit"])
        if request.HasField("payment_hash"):
            params["payment_hash"] = request.payment_hash.hex()
        if request.HasField("index"):
            if request.index >= len(LIST_INDEX):
                raise Panic
            params["index"] = LIST_INDEX[request.index]
        answer = self.pb.ListinvoicesResponse()
        for row in self.call("listinvoices", params)["invoices"]:
            message = _fill(answer.invoices.add(), row, **INVOICE)
            _fill(message, row, ("bolt12", "invreq_payer_note"), (), ("local_offer_id",))
            message.status = self._status(row, LIST_STATUS)
        return answer

    def wait_any_invoice(self, request):
        """Without the offer and the note, which this message has not."""
        row = self.call("waitanyinvoice", _present(request, ["lastpay_index", "timeout"]))
        answer = _fill(self.pb.WaitanyinvoiceResponse(), row, **INVOICE)
        answer.status = self._status(row, WAIT_STATUS)
        return answer

    def decode(self, request):
        row = self.call("decode", {"string": request.string})
        return _fill(self.pb.DecodeResponse(), row, ("offer_description", "offer_issuer", "description"),
                     ("valid", "offer_absolute_expiry", "expiry"), (), ("offer_amount_msat", "amount_msat"))

    @staticmethod
    def _status(row, known):
        if row["status"] not in known:  # cln-rpc cannot read it, and the whole call fails
            raise RpcError(None, f"Malformed response from lightningd: unknown variant `{row['status']}`")
        return known[row["status"]]


METHODS = {"Getinfo": ("getinfo", "Getinfo"), "ListFunds": ("list_funds", "Listfunds"), "Offer": ("offer", "Offer"),
           "ListOffers": ("list_offers", "Listoffers"), "DisableOffer": ("disable_offer", "Disableoffer"),
           "EnableOffer": ("enable_offer", "Enableoffer"), "Invoice": ("invoice", "Invoice"),
           "ListInvoices": ("list_invoices", "Listinvoices"),
           "WaitAnyInvoice": ("wait_any_invoice", "Waitanyinvoice"), "Decode": ("decode", "Decode")}


def _handler(service, pb, name):
    function, stem = METHODS[name]

    def answer(request, context):
        try:
            return getattr(service, function)(request)
        except RpcError as error:
            code = "None" if error.code is None else f"Some({error.code})"
            context.abort(grpc.StatusCode.UNKNOWN, f"Error calling method {name}: RpcError {{ code: {code}, message: "
                                                   f"{rust_text(error.message)}, data: None }}")
        except Garbage:
            return b"\xff\xff\xff\xff"
        except (Dropped, Panic):
            context.cancel()  # the client sees CANCELLED, as of a stream that was reset
            return getattr(pb, stem + "Response")()

    def serialize(message):
        return message if isinstance(message, bytes) else message.SerializeToString()

    return grpc.unary_unary_rpc_method_handler(answer, getattr(pb, stem + "Request").FromString, serialize)


class GrpcDoor:
    """The server, with the certificates that the folder has when it starts."""

    def __init__(self, caller, folder):
        self.folder, self.pb = folder, messages()
        self.service = Service(caller, self.pb)
        self.port = self._start(0)

    def restart(self):
        """As of lightningd: every connection ends, and what goes on in it."""
        self.server.stop(None).wait(5)
        self._start(self.port)

    def _read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def _start(self, port):
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=128),
                                  options=[("grpc.so_reuseport", 0)])
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
            "cln.Node", {name: _handler(self.service, self.pb, name) for name in METHODS}),))
        credentials = grpc.ssl_server_credentials([(self._read("server-key.pem"), self._read("server.pem"))],
                                                  self._read("ca.pem"), True)
        bound = self.server.add_secure_port(f"127.0.0.1:{port}", credentials)
        if bound == 0:
            raise OSError("the port is taken")
        self.server.start()
        return bound
