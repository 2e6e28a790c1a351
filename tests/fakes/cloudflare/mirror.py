"""What of the fake's records goes on to a real DNS server: the TXT RRset of each name that changed."""

import txt_content
from dns_mirror import DnsMirror

AUTOMATIC_TTL = 300


class Mirror:
    def __init__(self, where):
        self._dns = DnsMirror.parse(where)

    def changed(self, zone, names):
        self._dns.put(zone.name + ".", [self._now(zone, name) for name in names])

    def _now(self, zone, name):
        texts = [record for record in zone.at(name) if record["type"] == "TXT"]
        ttl = min((record["ttl"] for record in texts), default=0)
        return name + ".", AUTOMATIC_TTL if ttl == 1 else ttl, [txt_content.strings_of(record["content"]) for record in texts]

    def drain(self):
        self._dns.drain()

    def seconds_of(self):
        """How long the server took to have each name that changed alone."""
        return dict(self._dns.seconds_of)
