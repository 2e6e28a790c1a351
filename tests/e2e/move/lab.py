"""A parent, the servers A and B with the same keys, and resolvers with caches, all on port 53 of a network of their
own: resolvers follow delegations to port 53 only, and the test changes a delegation under them."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

DOMAIN = "example.test"
ZONE = f"user._bitcoin-payment.{DOMAIN}"
PARENT, A, B = "127.0.0.11", "127.0.0.12", "127.0.0.13"
SECRET = "c2VjcmV0IG9mIHRoZSBtb3ZlIHRlc3QsIDMyIGJ5dGVz"


def need(program):
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise SystemExit(f"{program} is not installed; run scripts/setup")
    return path


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}")
    return done.stdout


def ends_with_us():
    import ctypes
    ctypes.CDLL("libc.so.6").prctl(1, signal.SIGKILL)


class Process:
    def __init__(self, words, log):
        self.words, self.log, self.child = [str(w) for w in words], log, None

    def start(self):
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          preexec_fn=ends_with_us)
        return self

    def kill(self):
        if self.child:
            self.child.kill()
            self.child.wait()
            self.child = None

    def stop(self):
        if self.child:
            self.child.terminate()
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self.child = None


class Knot:
    def __init__(self, folder, address, zones):
        self.folder, self.address, self.zones = Path(folder), address, zones
        for part in ("db", "zones"):
            (self.folder / part).mkdir(parents=True)
        lines = ["server:", f'    rundir: "{self.folder}"', f"    listen: {address}@53", "    udp-workers: 1",
                 "    tcp-workers: 2", "    background-workers: 1", "log:", "  - target: stderr", "    any: info",
                 "database:", f'    storage: "{self.folder}/db"', "    journal-db-max-size: 64M",
                 "    kasp-db-max-size: 16M", "    timer-db-max-size: 1M",
                 "key:", "  - id: paynamed.", "    algorithm: hmac-sha256", f"    secret: {SECRET}",
                 "acl:", "  - id: names", "    key: paynamed.", "    action: [update, transfer]",
                 "policy:", "  - id: lab", "    algorithm: ecdsap256sha256", "    single-type-signing: on",
                 "    manual: on", "    cds-cdnskey-publish: none",
                 "template:", "  - id: default", f'    storage: "{self.folder}/zones"', "    semantic-checks: soft",
                 "    serial-policy: increment", "    dnssec-signing: on", "    dnssec-policy: lab", "    acl: names",
                 "zone:"]
        for zone in zones:
            lines += [f'  - domain: "{zone}"', f'    file: "{self.file_of(zone)}"']
        (self.folder / "knot.conf").write_text("\n".join(lines) + "\n")
        self.process = Process([need("knotd"), "-c", self.folder / "knot.conf"], self.folder / "log")

    @staticmethod
    def file_of(zone):
        return "root.zone" if zone == "." else zone + "zone"

    def keymgr(self, zone, *words):
        return run(need("keymgr"), "-c", str(self.folder / "knot.conf"), zone, *words)

    def make_keys(self):
        for zone in self.zones:
            self.keymgr(zone, "generate", "algorithm=13", "ksk=yes", "zsk=yes")

    def ds_of(self, zone):
        for line in self.keymgr(zone, "ds").splitlines():
            words = line.split()
            if len(words) == 6 and words[4] == "2":
                return " ".join(words[2:])
        raise RuntimeError(f"no DS of {zone}")

    def write(self, zone, lines):
        (self.folder / "zones" / self.file_of(zone)).write_text("\n".join(lines) + "\n")

    def start(self):
        self.process.start()
        for zone in self.zones:
            until(lambda: Answer.of(self.address, zone, 48).count(48) > 0, f"{zone} at {self.address}", 30)

    def knotc(self, *words):
        return run(need("knotc"), "-b", "-s", str(self.folder / "knot.sock"), *words)

    def edit(self, zone, *changes):
        self.knotc("zone-begin", zone)
        for change in changes:
            verb, *rest = change.split()
            self.knotc(f"zone-{verb}", zone, *rest)
        self.knotc("zone-commit", zone)


def until(condition, what, seconds):
    end = time.monotonic() + seconds
    while True:
        if condition():
            return
        if time.monotonic() > end:
            raise RuntimeError(f"not in {seconds} s: {what}")
        time.sleep(0.1)


class Answer:
    """What one question by UDP, and by TCP if it is cut off, brought."""

    def __init__(self, wire):
        self.rcode, self.records, self.authenticated = -1, [], False
        if wire is None:
            return
        _, flags, questions, answers, _, _ = struct.unpack("!6H", wire[:12])
        self.rcode, self.authenticated = flags & 15, bool(flags & 0x20)
        at = 12
        for _ in range(questions):
            at = skip_name(wire, at) + 4
        for _ in range(answers):
            at = skip_name(wire, at)
            kind, _, ttl, size = struct.unpack("!HHIH", wire[at:at + 10])
            self.records.append((kind, ttl, wire[at + 10:at + 10 + size]))
            at += 10 + size

    def count(self, kind):
        return sum(1 for each in self.records if each[0] == kind)

    def texts(self):
        values = []
        for kind, _, rdata in self.records:
            if kind != 16:
                continue
            value, at = b"", 0
            while at < len(rdata):
                value += rdata[at + 1:at + 1 + rdata[at]]
                at += 1 + rdata[at]
            values.append(value.decode())
        return values

    @classmethod
    def of(cls, server, name, kind, recursive=False, seconds=5):
        identity = os.urandom(2)
        query = identity + struct.pack("!5H", 0x0100 if recursive else 0, 1, 0, 0, 1)
        for label in [each for each in name.split(".") if each]:
            query += bytes([len(label)]) + label.encode()
        query += b"\0" + struct.pack("!HH", kind, 1) + b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, 0)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.settimeout(seconds)
                sock.connect((server, 53))
                sock.send(query)
                wire = sock.recv(65535)
            if wire[2] & 2:
                with socket.create_connection((server, 53), timeout=seconds) as sock:
                    sock.sendall(struct.pack("!H", len(query)) + query)
                    data = b""
                    while len(data) < 2 or len(data) < 2 + struct.unpack("!H", data[:2])[0]:
                        more = sock.recv(65535)
                        if not more:
                            return cls(None)
                        data += more
                    wire = data[2:]
            return cls(wire if wire[:2] == identity else None)
        except OSError:
            return cls(None)


def skip_name(wire, at):
    while True:
        length = wire[at]
        if length & 0xC0:
            return at + 2
        at += 1 + length
        if not length:
            return at


class Lab:
    """`ttl`: of the records and the NS set of the names' zone; `above`: of NS and DS at its parent."""

    def __init__(self, folder, ttl, above):
        self.folder, self.ttl, self.above = Path(folder), ttl, above
        self.parent = Knot(self.folder / "p", PARENT, [".", "test.", f"{DOMAIN}."])
        self.a = Knot(self.folder / "a", A, [f"{ZONE}."])
        self.b = Knot(self.folder / "b", B, [f"{ZONE}."])
        self.parent.make_keys()
        self.a.make_keys()
        # The same keys on both, as an operator brings them there.
        shutil.copytree(self.a.folder / "db" / "keys", self.b.folder / "db" / "keys")
        self.resolvers = []
        self.write_zones()

    def write_zones(self):
        soa = lambda zone: f"{zone} 60 SOA ns.test. hostmaster.test. 1 3600 600 86400 5"
        parent = self.parent
        glue = [f"ns.test. 60 A {PARENT}"]
        parent.write(".", [soa("."), ". 60 NS ns.test.", "test. 60 NS ns.test.", f"test. 60 DS {parent.ds_of('test.')}"] + glue)
        parent.write("test.", [soa("test."), "test. 60 NS ns.test.", f"{DOMAIN}. 60 NS ns.test.",
                               f"{DOMAIN}. 60 DS {parent.ds_of(DOMAIN + '.')}"] + glue)
        parent.write(f"{DOMAIN}.", [soa(f"{DOMAIN}."), f"{DOMAIN}. 60 NS ns.test.",
                                    f"{DOMAIN}. 60 MX 10 mail.{DOMAIN}.", f"mail.{DOMAIN}. 60 A 192.0.2.1",
                                    f"nsa.{DOMAIN}. {self.above} A {A}", f"nsb.{DOMAIN}. {self.above} A {B}",
                                    f"{ZONE}. {self.above} NS nsa.{DOMAIN}.",
                                    f"{ZONE}. {self.above} DS {self.a.ds_of(ZONE + '.')}"])
        for server, name in ((self.a, "nsa"), (self.b, "nsb")):
            server.write(f"{ZONE}.", [f"{ZONE}. {self.ttl} SOA {name}.{DOMAIN}. hostmaster.test. 1 3600 600 86400 5",
                                      f"{ZONE}. {self.ttl} NS {name}.{DOMAIN}.",
                                      f'by-hand.{ZONE}. {self.ttl} TXT "bitcoin:?lno=lno1byhand"'])

    def start(self):
        for server in (self.parent, self.a, self.b):
            server.start()
        tag = self.parent.keymgr(".", "ds").splitlines()
        (self.folder / "root.ds").write_text("".join(f". 60 IN DS {' '.join(line.split()[2:])}\n" for line in tag
                                                     if line.split()[4] == "2"))

    def start_resolver(self, address):
        folder = self.folder / address
        folder.mkdir()
        (folder / "hints").write_text(f". 60 NS ns.test.\nns.test. 60 A {PARENT}\n")
        (folder / "unbound.conf").write_text(f"""server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: "{folder}/pid"
  interface: {address}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  do-daemonize: no
  use-syslog: no
  num-threads: 1
  root-hints: "{folder}/hints"
  trust-anchor-file: "{self.folder}/root.ds"
  local-zone: "test." nodefault
remote-control:
  control-enable: no
""")
        process = Process([need("unbound"), "-d", "-c", folder / "unbound.conf"], folder / "log").start()
        self.resolvers.append((address, process))
        until(lambda: Answer.of(address, f"{DOMAIN}", 15, True).authenticated, f"resolver {address}", 20)

    def delegate_to(self, name):
        self.parent.edit(f"{DOMAIN}.", f"unset {ZONE}. NS", f"set {ZONE}. {self.above} NS {name}.{DOMAIN}.")

    def stop(self):
        for _, process in self.resolvers:
            process.kill()
        for server in (self.parent, self.a, self.b):
            server.process.kill()


class Asker(threading.Thread):
    """Asks one resolver without pause; every answer has to be right and validated."""

    def __init__(self, address, values, pause=0.002):
        super().__init__(daemon=True)
        self.address, self.values, self.pause = address, values, pause
        self.names = list(values)
        self.asked, self.wrong, self.ending = 0, [], threading.Event()

    def run(self):
        import random
        while not self.ending.is_set():
            what = random.random()
            if what < 0.1:
                self.check(f"{DOMAIN}.", 15, None)
            elif what < 0.2:
                self.check(f"mail.{DOMAIN}.", 1, None)
            else:
                name = random.choice(self.names)
                self.check(f"{name}.{ZONE}.", 16, self.values[name])
            time.sleep(self.pause)

    def check(self, name, kind, value):
        began = time.strftime("%H:%M:%S")
        answer = Answer.of(self.address, name, kind, True)
        self.asked += 1
        right = answer.rcode == 0 and answer.authenticated and answer.count(kind) == 1
        if right and value is not None:
            right = answer.texts() == [value]
        if not right:
            self.wrong.append(f"{began} {self.address} {name} {kind}: rcode {answer.rcode}, AD "
                              f"{answer.authenticated}, {answer.texts()[:2]}")
