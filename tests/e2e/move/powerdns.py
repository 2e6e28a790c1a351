"""A PowerDNS with its own settings of caches, set up by the steps of docs/moving-a-domain.md."""
import sqlite3
from pathlib import Path

from answers import Answer
from processes import Process, need, run, until

API_PORT = 8081
API_KEY = "key of the move test's PowerDNS"
SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"


class PowerDns:
    def __init__(self, folder, address, zone):
        self.folder, self.address, self.zone = Path(folder), address, zone
        self.folder.mkdir()
        database = sqlite3.connect(self.folder / "pdns.sqlite3")
        database.executescript(Path(SCHEMA).read_text())
        database.close()
        (self.folder / "pdns.conf").write_text(f"""launch=gsqlite3
gsqlite3-database={self.folder}/pdns.sqlite3
gsqlite3-dnssec=yes
local-address={address}
local-port=53
socket-dir={self.folder}
daemon=no
guardian=no
disable-syslog=yes
webserver=yes
webserver-address={address}
webserver-port={API_PORT}
webserver-allow-from=127.0.0.0/8
webserver-loglevel=none
api=yes
api-key={API_KEY}
security-poll-suffix=
""")
        self.process = Process([need("pdns_server"), f"--config-dir={self.folder}"], self.folder / "log")

    @property
    def url(self):
        return f"http://{self.address}:{API_PORT}"

    def pdnsutil(self, *words):
        return run(need("pdnsutil"), f"--config-dir={self.folder}", *map(str, words))

    def write(self, zone, lines):
        file = self.folder / "zone"
        file.write_text("\n".join(lines) + "\n")
        self.pdnsutil("load-zone", zone, file)

    def take_keys(self, knot):
        """Those that Knot signs with, from its key store."""
        for tag, algorithm, role, file in knot.keys_of(self.zone):
            self.pdnsutil("import-zone-key-pem", self.zone, file, algorithm, role)
            shown = self.pdnsutil("show-zone", self.zone)
            if f"tag = {tag}," not in shown:
                raise RuntimeError(f"key {tag} is another one at PowerDNS: {shown}")
        self.pdnsutil("rectify-zone", self.zone)

    def start(self):
        self.process.start()
        until(lambda: Answer.of(self.address, self.zone, 48).count(48) > 0, f"{self.zone} at {self.address}", 30)
