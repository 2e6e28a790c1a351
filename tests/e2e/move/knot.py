"""A Knot that signs its zones and takes updates."""
import shutil
from pathlib import Path

from answers import Answer
from processes import Process, need, run, until


class Knot:
    def __init__(self, folder, address, zones, secret):
        self.folder, self.address, self.zones = Path(folder), address, zones
        for part in ("db", "zones"):
            (self.folder / part).mkdir(parents=True)
        lines = ["server:", f'    rundir: "{self.folder}"', f"    listen: {address}@53", "    udp-workers: 1",
                 "    tcp-workers: 2", "    background-workers: 1", "log:", "  - target: stderr", "    any: info",
                 "database:", f'    storage: "{self.folder}/db"', "    journal-db-max-size: 64M",
                 "    kasp-db-max-size: 16M", "    timer-db-max-size: 1M",
                 "key:", "  - id: paynamed.", "    algorithm: hmac-sha256", f"    secret: {secret}",
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

    def keys_of(self, zone):
        """Tag, algorithm, role and file of each key."""
        keys = []
        for line in self.keymgr(zone, "list").splitlines():
            identity, tag, role, *_ = line.split()
            file = self.folder / "db" / "keys" / "keys" / f"{identity}.pem"
            keys.append((tag, 13, "zsk" if role == "ZSK" else "ksk", file))
        return keys

    def take_keys(self, knot):
        """Those that another Knot signs with: its whole key store."""
        shutil.copytree(knot.folder / "db" / "keys", self.folder / "db" / "keys")

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
