#!/usr/bin/python3
"""The names of a delegated zone move from one Knot to another while resolvers with caches ask for them.

  move_test.py PAYNAMED PAYNAMECTL [--names N] [--ttl S] [--above S] [--kill S]

It takes a network of its own (unshare), so that servers can listen on port 53."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import A, B, DOMAIN, PARENT, SECRET, ZONE, Answer, Asker, Lab, Process, until

KEY = "pn_test_key_of_the_move_test"
API = "127.0.0.1:18080"


def in_a_network_of_our_own():
    if os.environ.get("MOVE_TEST_NETWORK"):
        return
    own = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    refused = subprocess.run(own + ["true"], capture_output=True, text=True)
    if refused.returncode != 0:
        print("skipped: this machine gives no network of one's own:", refused.stderr.strip())
        sys.exit(77)
    os.environ["MOVE_TEST_NETWORK"] = "1"
    os.execvp(own[0], own + [sys.executable, *sys.argv])


class Daemon:
    def __init__(self, folder, arguments):
        self.folder = Path(folder)
        self.ctl_program = arguments.paynamectl
        (self.folder / "api.key").write_text(KEY + "\n")
        (self.folder / "api.key").chmod(0o600)
        (self.folder / "tsig").write_text(SECRET + "\n")
        (self.folder / "tsig").chmod(0o600)
        plugin = lambda name, server: f"""
[plugins.{name}]
module = "rfc2136"
server = "{server}"
min_ttl = 1
tsig = {{ name = "paynamed", algorithm = "hmac-sha256", secret = {{ file = "{self.folder}/tsig" }} }}
"""
        (self.folder / "paynamed.toml").write_text(f"""[daemon]
state = "state.sqlite3"
[log]
level = "info"
[api]
listen = "{API}"
key = {{ file = "api.key" }}
[dns]
trust_anchor = "{self.folder.parent}/root.ds"
root_hints = ["{PARENT}:53"]
query_timeout = "2s"
{plugin("zonea", A)}{plugin("zoneb", B)}
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

    def value_of(self, user, state="live"):
        """The record of a name once it is in this state."""
        end = time.monotonic() + 120
        while True:
            status, text = self.patiently("GET", f"/v1/names/{user}@{DOMAIN}")
            name = json.loads(text)
            if status == 200 and name.get("state") == state and not name.get("open_run"):
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


def check(condition, what):
    if not condition:
        raise RuntimeError(what)


def scenario(arguments, folder):
    lab = Lab(folder, arguments.ttl, arguments.above)
    (folder / "d").mkdir()
    daemon = Daemon(folder / "d", arguments)
    askers, killer = [], None
    try:
        lab.start()
        daemon.start()
        users = [f"user{number}" for number in range(arguments.names)]
        with ThreadPoolExecutor(32) as pool:
            list(pool.map(daemon.register, users))
        names = {user: daemon.value_of(user) for user in users}
        values = {user: name["value"] for user, name in names.items()}
        print(f"{len(users)} names are live", flush=True)

        lab.start_resolver("127.0.0.21")
        askers.append(Asker("127.0.0.21", values))
        askers[0].start()
        time.sleep(min(arguments.ttl / 2, 10))
        lab.start_resolver("127.0.0.22")
        askers.append(Asker("127.0.0.22", values))
        askers[1].start()

        plan = daemon.ctl("domains", "move", DOMAIN, "--to", "zoneb", "--dry-run")
        check(plan.returncode == 0, f"the dry run: {plan.stdout}{plan.stderr}")
        check(not Answer.of(B, f"user0.{ZONE}.", 16).texts(), "the dry run copied something")
        begun = daemon.ctl("domains", "move", DOMAIN, "--to", "zoneb")
        check(begun.returncode == 0, f"the move: {begun.stdout}{begun.stderr}")
        if arguments.kill:
            killer = Killer(daemon, arguments.kill)
            killer.start()
        move = daemon.until_phase("dual", 600)
        check("nsb" in move["next"], f"it does not say what to change: {move['next']}")
        for user in users[:20]:
            check(Answer.of(B, f"{user}.{ZONE}.", 16).texts() == [values[user]], f"{user} is not on B")

        # What is registered, changed and removed meanwhile has to arrive, too.
        daemon.register("late", wait=False)
        late = daemon.value_of("late")["value"]
        check(Answer.of(A, f"late.{ZONE}.", 16).texts() == [late], "a new name is not on A")
        check(Answer.of(B, f"late.{ZONE}.", 16).texts() == [late], "a new name is not on B")

        lab.delegate_to("nsb")
        changed = time.monotonic()
        move = daemon.until_phase("draining", 120)
        print(f"draining: {move['seconds_left']} s, {move['drain_because']}", flush=True)
        check(Answer.of(A, f"user0.{ZONE}.", 16).texts() == [values["user0"]], "A was emptied early")
        daemon.until_phase("withdrawing" if arguments.names > 500 and not killer else "finished", 900)
        daemon.until_phase("finished", 900)
        took = time.monotonic() - changed
        check(took >= arguments.above, f"A was left {took:.0f} s after the change, before caches forgot it")
        print(f"finished {took:.0f} s after the delegation was changed", flush=True)

        if killer:
            killer.ending.set()
            killer.join()
            # It ends with the thread that started it.
            daemon.process.kill()
            daemon.start()
            check(killer.kills > 0, "nothing was killed")
        # Caches go on to be asked after the end.
        time.sleep(min(arguments.ttl, 10))
        for asker in askers:
            asker.ending.set()
        for asker in askers:
            asker.join()
            print(f"{asker.address}: {asker.asked} questions, {len(asker.wrong)} wrong", flush=True)
        for asker in askers:
            check(not asker.wrong, "wrong answers:\n" + "\n".join(asker.wrong[:20]))
            check(asker.asked > 100, "hardly anything was asked")

        for user in users + ["late"]:
            shown = json.loads(daemon.patiently("GET", f"/v1/names/{user}@{DOMAIN}")[1])
            check(shown["dns_instance"] == "zoneb" and shown["state"] == "live", f"{user}: {shown}")
            check(Answer.of(B, f"{user}.{ZONE}.", 16).texts() == [shown["value"]], f"{user} is not on B")
            check(not Answer.of(A, f"{user}.{ZONE}.", 16).texts(), f"{user} is still on A")
        # What was not ours stays where it was.
        check(len(Answer.of(A, f"by-hand.{ZONE}.", 16).texts()) == 1, "a record of somebody else is gone from A")
        # The configuration still says zonea; new names go to B all the same, and that is said.
        daemon.register("after", wait=False)
        check(daemon.value_of("after")["dns_instance"] == "zoneb", "a name after the move is not on B")
        check("zoneb" in daemon.send("GET", "/readyz")[1], "nothing says that the configuration is behind")
    except BaseException:
        log = folder / "d" / "log"
        print("the daemon's log ends:\n" + (log.read_text()[-6000:] if log.exists() else ""), file=sys.stderr)
        for asker in askers:
            print(f"{asker.address}: {asker.asked} asked, wrong: {asker.wrong[:10]}", file=sys.stderr)
        raise
    finally:
        if killer:
            killer.ending.set()
            killer.join()
        for asker in askers:
            asker.ending.set()
        daemon.process.kill()
        lab.stop()


def main():
    in_a_network_of_our_own()
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("paynamed", "paynamectl"):
        parser.add_argument(name)
    parser.add_argument("--names", type=int, default=10)
    parser.add_argument("--ttl", type=int, default=3)
    parser.add_argument("--above", type=int, default=5)
    parser.add_argument("--kill", type=float, default=0)
    arguments = parser.parse_args()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory(prefix="paynamed-move-") as folder:
        scenario(arguments, Path(folder))
    print("all answers were right")


if __name__ == "__main__":
    main()
