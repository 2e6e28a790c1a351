#!/usr/bin/python3
"""The zone of a live test behind the plugin's back, for the test program: a server on loopback.

  peer.py PROVIDER APEX SUFFIX

Prints "port N" when the zone was found. Answers POST /txt, /add_txt, /add_cname, /clear, /version with JSON, to whoever knows the
key in PAYNAMED_LIVE_PEER_KEY, about names below SUFFIX only. When its standard input ends it clears every name that it was asked
about: so nothing is left behind, also when the test program was killed.
"""

import hmac
import http.server
import json
import os
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from zones import ZONES

MOST_BODY = 1024 * 1024


class Peer:
    def __init__(self, zone, suffix):
        self.zone, self.suffix = zone, suffix
        self.lock = threading.Lock()
        self.names = set()

    def answer(self, what, given):
        with self.lock:
            if what == "version":
                return self.zone.version()
            name = given["name"].lower()
            if not name.endswith("." + self.suffix):
                raise ValueError(f"{name} is not below {self.suffix}")
            if what == "txt":
                self.names.add(name)
                return [{"value": value.hex(), "ttl": ttl} for value, ttl in self.zone.txt(name)]
            if what == "add_txt":
                self.names.add(name)
                return self.zone.add_txt(name, bytes.fromhex(given["value"]))
            if what == "add_cname":
                self.names.add(name)
                return self.zone.add_cname(name, given["target"])
            if what == "clear":
                self.zone.clear(name)
                self.names.discard(name)
                return None
        raise ValueError(f"there is no {what}")

    def clear_all(self):
        left = 0
        with self.lock:
            for name in sorted(self.names):
                try:
                    self.zone.clear(name)
                except Exception as problem:
                    left += 1
                    print(f"{name} may be left behind: {problem}", file=sys.stderr)
        return left


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    peer, key = None, ""

    def log_message(self, *_):
        pass

    def do_POST(self):
        if not hmac.compare_digest(self.headers.get("Authorization", ""), "Bearer " + self.key):
            return self.send(403, {"error": "another key"})
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BODY:
            return self.send(413, {"error": "too long"})
        try:
            return self.send(200, {"result": self.peer.answer(self.path.lstrip("/"), json.loads(self.rfile.read(length)))})
        except Exception as problem:
            return self.send(500, {"error": f"{type(problem).__name__}: {problem}"})

    def send(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def main():
    provider, apex, suffix = sys.argv[1:]
    try:
        Handler.peer = Peer(ZONES[provider](apex), suffix)
    except Exception as problem:
        sys.exit(f"live-test: {problem}")
    Handler.key = os.environ["PAYNAMED_LIVE_PEER_KEY"]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("port", server.server_address[1], flush=True)
    sys.stdin.read()
    return 1 if Handler.peer.clear_all() else 0


if __name__ == "__main__":
    sys.exit(main())
