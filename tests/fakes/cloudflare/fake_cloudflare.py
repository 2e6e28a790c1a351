#!/usr/bin/python3
"""A strict fake of Cloudflare's API v4 for DNS records, on loopback.

  fake_cloudflare.py [--zone NAME]... [--token VALUE]... [--quota N] [--cert FILE --key FILE] [--mirror HOST:PORT,KEY,SECRET]

Prints "port N" when it listens, and ends when its standard input does. Tests order faults and look behind the API by /_fake/...
(control.py). With --mirror every change of TXT goes on to a real DNS server as an RFC 2136 update, in order.
"""

import argparse
import http.server
import json
import os
import ssl
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from api import MOST_BODY, Api
from control import control


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write for head and body
    disable_nagle_algorithm = True
    api = None

    def log_message(self, *_):
        pass

    def do(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BODY:
            return self.send(413, {}, {})
        body = self.rfile.read(length)
        if self.path.startswith("/_fake/"):
            return self.send(*self._controlled(body))
        status, headers, answer, fault = self.api.answer(self.command, self.path, self.headers, body)
        kind = fault["kind"] if fault else None
        if self.api.delay:
            time.sleep(self.api.delay)
        if kind in ("hang", "slow"):
            time.sleep(fault.get("seconds", 60))
        if kind in ("close", "lose_reply", "hang"):
            self.close_connection = True
            return None
        return self.send(status, headers, answer)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do

    def _controlled(self, body):
        status, answer = control(self.api, self.command, self.path, json.loads(body) if body else None)
        return status, {}, answer

    def send(self, status, headers, answer):
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # a client that hung up


def serve(api, certificate=None, key=None):
    handler = type("BoundHandler", (Handler,), {"api": api})
    server = Server(("127.0.0.1", 0), handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--zone", action="append", default=[])
    parser.add_argument("--token", action="append", default=[])
    parser.add_argument("--quota", type=int, default=200)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--mirror")
    options = parser.parse_args()
    mirror = None
    if options.mirror:
        from mirror import Mirror  # needs dnspython

        mirror = Mirror(options.mirror)
    api = Api(mirror)
    for name in options.zone:
        api.add_zone(name, quota=options.quota)
    for value in options.token:
        api.add_token(value)
    server = serve(api, options.cert, options.key)
    print("port", server.server_address[1], flush=True)
    sys.stdin.read()
    if mirror:
        mirror.drain()


if __name__ == "__main__":
    main()
