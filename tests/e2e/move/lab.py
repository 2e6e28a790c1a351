"""A parent, the servers A and B with the same keys, and resolvers with caches, all on port 53 of a network of their
own: resolvers follow delegations to port 53 only, and the test changes a delegation under them."""
from pathlib import Path

from answers import Answer
from knot import Knot
from powerdns import PowerDns
from processes import Process, need, until

DOMAIN = "example.test"
ZONE = f"user._bitcoin-payment.{DOMAIN}"
PARENT, A, B = "127.0.0.11", "127.0.0.12", "127.0.0.13"
SECRET = "c2VjcmV0IG9mIHRoZSBtb3ZlIHRlc3QsIDMyIGJ5dGVz"


class Lab:
    """`to`: what B is, "knot" or "powerdns"; `ttl`: of the records and the NS set of the names' zone; `above`: of NS and
    DS at its parent."""

    def __init__(self, folder, to, ttl, above):
        self.folder, self.ttl, self.above = Path(folder), ttl, above
        self.parent = Knot(self.folder / "p", PARENT, [".", "test.", f"{DOMAIN}."], SECRET)
        self.a = Knot(self.folder / "a", A, [f"{ZONE}."], SECRET)
        self.b = (PowerDns(self.folder / "b", B, f"{ZONE}.") if to == "powerdns"
                  else Knot(self.folder / "b", B, [f"{ZONE}."], SECRET))
        self.parent.make_keys()
        self.a.make_keys()
        self.resolvers = []
        self.write_zones()
        self.b.take_keys(self.a)

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
