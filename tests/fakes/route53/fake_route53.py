#!/usr/bin/python3
"""A strict Route 53 on loopback, with STS, a container's credentials and instance metadata beside it.

    fake_route53.py [--zone example.test.]... [--mirror 127.0.0.1:PORT,tsigname,secret]

Prints "port N" when it listens, and ends when its standard input does. It checks what the real one checks: the signature, the
shape of requests, what a change may do, one change of a zone at a time, both rates. Tests control it at /_fake/...: see CONTROL.
"""

import argparse
import json
import os
import re
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(1, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import messages
from identities import Identities
from service import Service
from signature import Refused

API = "/2013-04-01/"
ROUTES = [
    ("POST", r"hostedzone/([A-Z0-9]+)/rrset/?", "ChangeResourceRecordSets"),
    ("GET", r"hostedzone/([A-Z0-9]+)/rrset", "ListResourceRecordSets"),
    ("GET", r"change/([A-Z0-9]+)", "GetChange"),
    ("GET", r"hostedzonesbyname", "ListHostedZonesByName"),
    ("GET", r"hostedzone/([A-Z0-9]+)/dnssec", "GetDNSSEC"),
    ("GET", r"hostedzone/([A-Z0-9]+)", "GetHostedZone"),
    ("GET", r"hostedzonelimit/([A-Z0-9]+)/([A-Z0-9_]+)", "GetHostedZoneLimit"),
]
MOST_BODY = 4 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 120
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

    @property
    def service(self):
        return self.server.service

    def handle_any(self):
        size = self.headers.get("content-length", "0")
        if not size.isdigit() or int(size) > MOST_BODY or "transfer-encoding" in self.headers:
            self.close_connection = True
            return self.reply(413, b"", "text/plain")
        body = self.rfile.read(int(size))
        path, _, query = self.path.partition("?")
        if path.startswith("/_fake/"):
            return self.control(path[len("/_fake/") :], query, body)
        if path.startswith("/latest/"):
            return self.simple("metadata", lambda: self.server.identities.metadata(self.command, path, self.lower_headers()))
        if path == "/container/credentials":
            return self.simple("container", lambda: self.server.identities.container(self.headers.get("authorization", "")))
        if path == "/" and self.command == "POST":
            return self.sts(query, body)
        self.api(path, query, body)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def lower_headers(self):
        return {name.lower(): value for name, value in self.headers.items()}

    # -- answers

    def reply(self, status, body, content_type="text/xml"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp=None):
        return super().date_time_string(self.service.now() if timestamp is None else timestamp)

    def cut(self):
        """Ends the connection so that the peer sees a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def simple(self, action, work):
        self.service.count(action)
        fault = self.service.faults.next(action)
        if fault and fault["kind"] == "hang":
            self.server.released.wait(fault["seconds"])
            return self.cut()
        if fault and fault["kind"] == "error":
            return self.reply(fault["status"], b"{}", "application/json")
        status, content = work()
        if isinstance(content, str):
            return self.reply(status, content.encode(), "text/plain")
        self.reply(status, json.dumps(content).encode(), "application/json")

    def sts(self, query, body):
        self.service.count("AssumeRoleWithWebIdentity")
        try:
            fault = self.service.faults.next("AssumeRoleWithWebIdentity")
            if fault and fault["kind"] == "error":
                raise Refused(fault["status"], fault["code"], "as the test wants it")
            self.reply(200, self.server.identities.sts(self.command, body, query))
        except Refused as refused:
            self.reply(refused.status, self.server.identities.sts_error(refused))

    def api(self, path, query, body):
        action, arguments = route(self.command, path)
        request_id = f"{time.monotonic_ns():032x}"
        try:
            if action is None:
                raise Refused(404, "UnknownOperation", f"{self.command} {path}")
            self.service.count(action)
            fault = self.service.faults.next(action) or {"kind": None}
            if fault["kind"] == "close":
                return self.cut()
            if fault["kind"] == "hang":
                self.server.released.wait(fault["seconds"])
                return self.cut()
            if fault["kind"] == "slow":
                self.server.released.wait(fault["seconds"])
            self.service.authorize(action, self.command, self.path, list(self.headers.items()), body)
            if fault["kind"] == "error":
                raise Refused(fault["status"], fault["code"], fault.get("message", "as the test wants it"))
            answer = self.service.answer(action, arguments, query, body)
            if fault["kind"] == "lost_reply":
                return self.cut()
            if fault["kind"] == "plant":
                self.service.add_txt_value(fault["zone_id"], fault["name"], fault["value"])
            if fault["kind"] == "error_after":
                raise Refused(fault["status"], fault["code"], fault.get("message", "as the test wants it"))
            if fault["kind"] == "garbage":
                answer = fault["body"].encode()
            self.reply(200, answer)
        except Refused as refused:
            with self.service.lock:
                self.service.refusals[refused.code] = self.service.refusals.get(refused.code, 0) + 1
            self.reply(refused.status, messages.error_body(refused, request_id, self.service.settings["error_shape"]))

    # -- control

    def control(self, word, query, body):
        service, asked = self.service, {key: values[0] for key, values in parse_qs(query).items()}
        given = json.loads(body) if body else {}
        try:
            result = CONTROL[word](self.server, service, asked, given)
        except Refused as refused:
            return self.reply(refused.status, json.dumps({"error": refused.message}).encode(), "application/json")
        except (KeyError, TypeError, ValueError) as problem:
            return self.reply(400, json.dumps({"error": repr(problem)}).encode(), "application/json")
        self.reply(200, json.dumps(result if result is not None else {}).encode(), "application/json")


def set_signing(server, service, asked, given):
    service.zone(given.pop("zone")).signing.update(given)


def set_identities(server, service, asked, given):
    for name, value in given.items():
        if not hasattr(server.identities, name):
            raise KeyError(name)
        setattr(server.identities, name, value)


CONTROL = {
    "reset": lambda server, service, asked, given: service.reset(),
    "settings": lambda server, service, asked, given: service.configure(given),
    "fault": lambda server, service, asked, given: service.faults.add(given),
    "no_faults": lambda server, service, asked, given: service.faults.clear(),
    "add_zone": lambda server, service, asked, given: {"id": service.add_zone(**given)},
    "plant": lambda server, service, asked, given: service.plant(**given),
    "zone": lambda server, service, asked, given: service.dump(asked["id"]),
    "key": lambda server, service, asked, given: service.keys.__setitem__(given.pop("id"), given),
    "no_key": lambda server, service, asked, given: service.keys.pop(given["id"]) and None,
    "counters": lambda server, service, asked, given: {"requests": service.counters, "refusals": service.refusals},
    "changes": lambda server, service, asked, given: list(map(service.seen, service.changes.values())),
    "signing": set_signing,
    "identities": set_identities,
}


def route(method, path):
    if path.startswith(API):
        for its_method, pattern, action in ROUTES:
            match = re.fullmatch(pattern, path[len(API) :])
            if match and method == its_method:
                return action, match.groups()
    return None, ()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError, OSError)):
            super().handle_error(request, client_address)


def make_server(mirror=None):
    """A server on a port of the system's choice, not yet serving."""
    server = Server(("127.0.0.1", 0), Handler)
    server.service = Service(mirror=mirror)
    server.identities = Identities(server.service)
    server.released = threading.Event()
    return server


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--zone", action="append", default=[])
    arguments.add_argument("--mirror")
    given = arguments.parse_args()
    mirror = None
    if given.mirror:
        from dns_mirror import DnsMirror

        mirror = DnsMirror.parse(given.mirror)
    server = make_server(mirror)
    for each in given.zone:
        server.service.add_zone(each)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"port {server.server_address[1]}", flush=True)
    # Ends with whoever started it.
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
