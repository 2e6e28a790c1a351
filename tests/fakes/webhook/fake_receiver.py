"""A strict receiver of webhooks on loopback, for tests: it checks what Standard Webhooks 1.0.0 and CloudEvents 1.0 say of a
request, keeps what came, and answers as the path asks:

    /status/503?retry-after=7     that status       /body/100000000   200 and so many bytes     /endless   200 and no end
    /cut/status-line, /cut/headers, /cut/body       200 that breaks off there                   /slow-body 200 that stalls
    /hang                         nothing           /hang-up          closes without an answer  /garbage   no HTTP
"""
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SIGNATURES = re.compile(r"v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)*( v1a,[A-Za-z0-9+/]{86}==)*")
CONTENT_TYPES = ("application/json", "application/cloudevents+json")


def broken_rules(handler, body):
    """What a strict receiver minds, each in a sentence."""
    headers = handler.headers
    broken = []

    def rule(fine, sentence):
        if not fine:
            broken.append(sentence)

    rule(handler.command == "POST", "an event is posted")
    rule(handler.request_version == "HTTP/1.1", "it speaks HTTP/1.1")
    for name in ("host", "content-length", "content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature"):
        rule(len(headers.get_all(name, [])) == 1, f"{name} is there once")
    rule("transfer-encoding" not in headers, "the body has a length")
    rule(headers.get("content-type", "").split(";")[0] in CONTENT_TYPES, "the body says that it is JSON")
    rule(UUID.fullmatch(headers.get("webhook-id", "")), "the id is a UUID")
    timestamp = headers.get("webhook-timestamp", "")
    rule(timestamp.isascii() and timestamp.isdigit() and abs(time.time() - int(timestamp)) < 60, "the timestamp is now, in digits")
    rule(SIGNATURES.fullmatch(headers.get("webhook-signature", "")), "signatures are a list with single spaces, v1 first")
    try:
        event = json.loads(body.decode())
    except ValueError:
        return broken + ["the body is JSON in UTF-8"]
    rule(event.get("specversion") == "1.0", "it is a CloudEvent")
    rule(event.get("id") == headers.get("webhook-id"), "the id is the event's")
    for name in ("source", "type", "timestamp", "data"):
        rule(name in event, f"the event has {name}")
    rule(re.fullmatch(r"[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*", event.get("type", "")), "the type has words and dots")
    return broken


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        broken = broken_rules(self, body)
        self.server.keep({"path": self.path, "headers": dict(self.headers.items()), "body": body, "broken": broken})
        if broken:
            return self.answer(400, "; ".join(broken).encode())
        parts = urlsplit(self.path)
        kind, _, value = parts.path.strip("/").partition("/")
        getattr(self, "do_" + kind.replace("-", "_"))(value, {k: v[0] for k, v in parse_qs(parts.query).items()})

    def do_OPTIONS(self):
        self.server.keep({"path": self.path, "headers": dict(self.headers.items()), "body": b"", "broken": []})
        self.answer(200, b"", {"WebHook-Allowed-Origin": self.headers.get("WebHook-Request-Origin", "")})

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if status != 204:  # which has no body (RFC 9110 section 15.3.5)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def raw(self, data):
        self.close_connection = True
        self.wfile.write(data)

    def do_status(self, value, query):
        headers = {"Retry-After": query["retry-after"]} if "retry-after" in query else {}
        if "location" in query:
            headers["Location"] = query["location"]
        self.answer(int(value), b"said", headers)

    def do_body(self, value, _):
        self.raw(f"HTTP/1.1 200 OK\r\nContent-Length: {value}\r\n\r\n".encode())
        self.pour(int(value))

    def do_endless(self, _value, _query):
        self.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        self.pour(1 << 40)

    def pour(self, size):
        poured, block = 0, b"x" * 65536
        try:
            while poured < size:
                self.wfile.write(block[: size - poured])
                poured += len(block)
        except OSError:
            pass
        self.server.keep_poured(poured)

    def do_cut(self, value, _):
        self.raw({"status-line": b"HTTP/1.1 200 OK\r\n", "headers": b"HTTP/1.1 200 OK\r\nContent-Le",
                  "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"}[value])

    def do_slow_body(self, _value, _query):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        self.server.ended.wait(30)

    def do_hang(self, _value, _query):
        self.close_connection = True
        self.server.ended.wait(30)

    def do_hang_up(self, _value, _query):
        self.close_connection = True

    def do_garbage(self, _value, _query):
        self.raw(b"hello world\r\n\r\n")


class FakeReceiver(ThreadingHTTPServer):
    """Serves from the moment it is made; used in a `with`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock, self.requests, self.ended, self.poured = threading.Lock(), [], threading.Event(), []
        self.pouring_ended = threading.Condition()
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self.thread.start()

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is what several paths are for

    def keep(self, request):
        with self.lock:
            self.requests.append(request)

    def keep_poured(self, size):
        with self.pouring_ended:
            self.poured.append(size)
            self.pouring_ended.notify_all()

    def wait_for_poured(self, count):
        """How much was taken of each long body, when there were `count` of them and all have ended."""
        with self.pouring_ended:
            self.pouring_ended.wait_for(lambda: len(self.poured) >= count, 30)
            return list(self.poured)

    def url(self, path):
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def __exit__(self, *_):
        self.ended.set()
        self.shutdown()
        self.thread.join()
        self.server_close()
