"""clnrest: POST /v1/<method> over HTTPS with a rune."""

import base64
import hashlib
import http.server
import json
import re
import ssl
import threading

from caller import Dropped, Garbage
from commands import PARAMETERS
from node import RpcError

MOST_BODY = 1 << 20
SECRET = b"the node's own"


def make_rune(methods=None, number=0):
    """For all methods, or for these alone."""
    text = f"={number}-1" + ("&" + "|".join(f"method={each}" for each in methods) if methods else "")
    seal = hashlib.sha256(SECRET + text.encode()).digest()
    return base64.urlsafe_b64encode(seal + text.encode()).decode()


def refusal_of(rune, method):
    """Why the rune does not allow the method, or None."""
    try:
        raw = base64.urlsafe_b64decode(rune)
        seal, text = raw[:32], raw[32:].decode()
    except ValueError:
        return "Not derived from master"
    if hashlib.sha256(SECRET + text.encode()).digest() != seal:
        return "Not authorized: Not derived from master"
    for restriction in text.split("&")[1:]:
        if f"method={method}" not in restriction.split("|"):
            return f"Not permitted: method is not equal to {method}"
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    caller = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BODY:
            return self.send(413, {})
        body = self.rfile.read(length)
        found = re.fullmatch(r"/v1/([a-z0-9-]+)", self.path)
        if not found:
            return self.send(404, {"code": -32601, "message": "Unknown path"})
        method, rune = found[1], self.headers.get("Rune")
        if rune is None:
            return self.send(403, {"code": 1501, "message": "Not authorized: Missing rune"})
        refused = refusal_of(rune, method)
        if rune in self.caller.commands.node.revoked_runes:
            refused = "Not authorized: Blacklisted rune"
        if refused:
            return self.send(401, {"code": 1502, "message": refused})
        if method not in PARAMETERS:
            return self.send(404, {"code": -32601, "message": f"Unknown command '{method}'"})
        if self.headers.get("Content-Type", "application/json").split(";")[0] != "application/json":
            return self.send(406, {"code": 1, "message": "Unsupported content type"})
        return self._run(method, body)

    def _run(self, method, body):
        try:
            self.send(201, self.caller.call(method, json.loads(body or b"{}")))
        except json.JSONDecodeError:
            self.send(500, {"code": 1, "message": "Unable to parse body"})
        except RpcError as error:
            self.send(500, error.json())
        except Garbage:
            self.send(201, "<html>")
        except Dropped:
            self.close_connection = True
            self.connection.close()

    def do_other(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send(405, {"code": 1, "message": "Method not allowed"})

    do_GET = do_PUT = do_PATCH = do_DELETE = do_other

    def send(self, status, answer):
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # a client that hung up


def serve(caller, certificate, key):
    """The port."""
    server = Server(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"caller": caller}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server.server_address[1]
