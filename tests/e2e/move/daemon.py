"""The daemon with two instances for one domain, and what an operator and a customer do with it."""
import json
import subprocess
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path

import powerdns
from lab import A, B, DOMAIN, PARENT, SECRET, ZONE
from processes import Process, until

KEY = "pn_test_key_of_the_move_test"
API = "127.0.0.1:18080"


class Daemon:
    def __init__(self, folder, lab, arguments):
        self.folder = Path(folder)
        self.ctl_program = arguments.paynamectl
        (self.folder / "api.key").write_text(KEY + "\n")
        (self.folder / "api.key").chmod(0o600)
        (self.folder / "tsig").write_text(SECRET + "\n")
        (self.folder / "tsig").chmod(0o600)
        (self.folder / "pdns.key").write_text(powerdns.API_KEY + "\n")
        (self.folder / "pdns.key").chmod(0o600)
        (self.folder / "paynamed.toml").write_text(f"""[daemon]
state = "state.sqlite3"
[log]
level = "info"
[api]
listen = "{API}"
key = {{ file = "api.key" }}
[dns]
trust_anchor = "{lab.folder}/root.ds"
root_hints = ["{PARENT}:53"]
query_timeout = "2s"
[plugins.zonea]
{self.rfc2136(A)}
[plugins.zoneb]
{self.powerdns(lab.b.url) if arguments.to == "powerdns" else self.rfc2136(B)}
[plugins.node]
module = "sandbox"
key_file = "{self.folder}/sandbox.key"
state_file = "{self.folder}/sandbox.state"
[domains."{DOMAIN}"]
dns = "zonea"
zone = "{ZONE}"
test = true
ttl = "{arguments.ttl}s"
""")
        self.process = Process([arguments.paynamed, "run", "--config", self.folder / "paynamed.toml"], self.folder / "log")

    def rfc2136(self, server):
        return f"""module = "rfc2136"
server = "{server}"
min_ttl = 1
tsig = {{ name = "paynamed", algorithm = "hmac-sha256", secret = {{ file = "{self.folder}/tsig" }} }}"""

    def powerdns(self, url):
        return f"""module = "powerdns"
url = "{url}"
api_key = {{ file = "{self.folder}/pdns.key" }}
min_ttl = 1"""

    def start(self):
        self.process.start()
        until(self.is_ready, "the daemon is ready", 60)

    def is_ready(self):
        try:
            return self.send("GET", "/readyz")[0] == 200
        except OSError:
            if self.process.child and self.process.child.poll() is not None:
                raise RuntimeError("the daemon ended: " + (self.folder / "log").read_text()[-2000:])
            return False

    def send(self, method, target, body=None, headers=None, seconds=60):
        request = urllib.request.Request(f"http://{API}{target}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json",
                                                  **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=seconds) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def patiently(self, method, target, body=None, headers=None):
        """Goes on while the daemon is being killed and started again, or says that it has too much to do."""
        end = time.monotonic() + 120
        while True:
            try:
                status, text = self.send(method, target, body, headers)
                if status not in (429, 503):
                    return status, text
            except OSError:
                pass
            if time.monotonic() > end:
                raise RuntimeError(f"{method} {target}: no answer in two minutes")
            time.sleep(0.2)

    def register(self, user, wait=True):
        status, text = self.patiently("POST", "/v1/names", {"name": f"{user}@{DOMAIN}", "owner": "somebody"},
                                      {"Idempotency-Key": f"register-{user}",
                                       **({"Prefer": "wait=30"} if wait else {})})
        if status not in (200, 201, 202):
            raise RuntimeError(f"{user} was not accepted: {status} {text}")

    def change(self, method, target):
        status, text = self.patiently(method, target, headers={"Idempotency-Key": f"{method} {target}"})
        if status not in (200, 202):
            raise RuntimeError(f"{method} {target} was not accepted: {status} {text}")

    def value_of(self, user, state="live", other_than=""):
        """The record of a name once it is in this state, and has another value."""
        end = time.monotonic() + 120
        while True:
            status, text = self.patiently("GET", f"/v1/names/{user}@{DOMAIN}")
            name = json.loads(text)
            if status == 200 and name.get("state") == state and not name.get("open_run") \
                    and name.get("value") != other_than:
                return name
            if time.monotonic() > end:
                raise RuntimeError(f"{user} is not {state}: {text}")
            time.sleep(0.2)

    def ctl(self, *words):
        return subprocess.run([self.ctl_program, "--url", f"http://{API}", "--key-file", str(self.folder / "api.key"),
                               *words], capture_output=True, text=True, check=False)

    def move(self):
        return json.loads(self.patiently("GET", f"/v1/domains/{DOMAIN}/moves")[1])

    def until_phase(self, phase, seconds):
        end = time.monotonic() + seconds
        while True:
            move = self.move()
            if move["phase"] == phase:
                return move
            if move.get("paused") or time.monotonic() > end:
                raise RuntimeError(f"the move is not {phase}: {json.dumps(move, indent=1)}")
            time.sleep(0.3)

    def phases(self):
        """The phases that the move went through, each with the seconds that it took."""
        changes, after = [], ""
        while True:
            page = json.loads(self.patiently("GET", f"/v1/events?limit=1000{after}")[1])
            for event in page["items"]:
                if event["type"] == "domain.move_started":
                    changes.append(("planned", event["time"]))
                elif event["type"].startswith("domain.move_"):
                    changes.append((event["data"]["phase"], event["time"]))
            if not page["items"]:
                break
            after = f"&after={page['next']}"
        times = [datetime.fromisoformat(time.replace("Z", "+00:00")) for _, time in changes]
        return [(phase, (end - begin).total_seconds())
                for (phase, _), begin, end in zip(changes, times, times[1:])]


class Killer(threading.Thread):
    """kill -9, every few seconds."""

    def __init__(self, daemon, every):
        super().__init__(daemon=True)
        self.target, self.every, self.kills, self.ending = daemon, every, 0, threading.Event()

    def run(self):
        while not self.ending.wait(self.every):
            self.target.process.kill()
            self.kills += 1
            self.target.process.start()
