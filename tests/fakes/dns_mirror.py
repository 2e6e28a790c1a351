"""Sends what a fake provider has on to a real DNS server, as RFC 2136 updates: in order, many names in one message, and again until
the server has taken them, so that what the fake's API said is what the DNS answers.
"""

import collections
import sys
import threading
import time

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsigkeyring
import dns.update
from dns.rdtypes.ANY.TXT import TXT

MOST_NAMES = 100
MOST_BYTES = 32_000


class DnsMirror:
    def __init__(self, host, port, key_name, secret, algorithm="hmac-sha256"):
        self.host, self.port = host, port
        self._keyring = dns.tsigkeyring.from_text({key_name: (algorithm, secret)})
        self._waiting = collections.deque()
        self._changed = threading.Condition()
        self._sending = False
        threading.Thread(target=self._run, daemon=True).start()

    @classmethod
    def parse(cls, text):
        """From "127.0.0.1:5353,key-name,base64-secret"."""
        place, key_name, secret = text.split(",", 2)
        host, port = place.rsplit(":", 1)
        return cls(host, int(port), key_name, secret)

    def put(self, zone, name, ttl, values):
        """The TXT RRset of `name` is now `values`, each a list of character-strings (bytes); an empty list: none."""
        with self._changed:
            self._waiting.append((zone, name, ttl, values))
            self._changed.notify_all()

    def drain(self):
        """Waits until the server has everything."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._sending)

    def _take(self):
        """What goes into the next message: changes of one zone, in order."""
        batch, size = [], 0
        while self._waiting and len(batch) < MOST_NAMES and size < MOST_BYTES:
            if batch and self._waiting[0][0] != batch[0][0]:
                break
            batch.append(self._waiting.popleft())
            size += sum(len(string) for value in batch[-1][3] for string in value)
        return batch

    def _run(self):
        while True:
            with self._changed:
                self._sending = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting)
                batch = self._take()
                self._sending = True
            while not self._send(batch):
                time.sleep(0.05)

    def _send(self, batch):
        zone = dns.name.from_text(batch[0][0])
        update = dns.update.UpdateMessage(zone, keyring=self._keyring)
        for _, name, ttl, values in batch:
            owner = dns.name.from_text(name)
            update.delete(owner, "TXT")
            for strings in values:
                update.add(owner, ttl, TXT(dns.rdataclass.IN, dns.rdatatype.TXT, strings))
        try:
            answer = dns.query.tcp(update, self.host, timeout=10, port=self.port)
        except Exception as error:  # the server is not there yet, or hung up
            print("mirror:", error, file=sys.stderr, flush=True)
            return False
        if answer.rcode() != dns.rcode.NOERROR:
            print("mirror:", dns.rcode.to_text(answer.rcode()), file=sys.stderr, flush=True)
            return False
        return True
