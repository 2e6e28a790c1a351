"""Sends what a fake provider has on to a real DNS server, as RFC 2136 updates: many names in one message, and again until
the server has taken them, so that what the fake's API said is what the DNS answers.

The changes of one name stay in order. A change that came alone goes before a batch that waits: one small server signs here what
a provider spreads over thousands, and a lone change does not wait behind somebody's batch there.
"""

import collections
import socket
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
        self._alone, self._batches = collections.deque(), collections.deque()
        self._in_batches = collections.Counter()
        self.seconds_of = {}  # name that changed alone: how long it took until the server had it
        self._changed = threading.Condition()
        self._sending = False
        # One for all: a busy server's queue of new connections may be full, and trying again takes a second.
        self._connection = None
        threading.Thread(target=self._run, daemon=True).start()

    @classmethod
    def parse(cls, text):
        """From "127.0.0.1:5353,key-name,base64-secret"."""
        place, key_name, secret = text.split(",", 2)
        host, port = place.rsplit(":", 1)
        return cls(host, int(port), key_name, secret)

    def put(self, zone, changes):
        """The TXT RRset of each name is now its values. `changes`: (name, ttl, values), values a list of lists of character-strings (bytes);
        an empty list: none."""
        with self._changed:
            alone = len(changes) == 1 and not self._in_batches[changes[0][0]]
            for name, ttl, values in changes:
                (self._alone if alone else self._batches).append((zone, name, ttl, values, time.monotonic()))
                if not alone:
                    self._in_batches[name] += 1
            self._changed.notify_all()

    def drain(self):
        """Waits until the server has everything."""
        with self._changed:
            self._changed.wait_for(lambda: not self._has_waiting() and not self._sending)

    def _has_waiting(self):
        return bool(self._alone or self._batches)

    def _take(self):
        """What goes into the next message: changes of one zone, in order."""
        waiting = self._alone or self._batches
        taken, size = [], 0
        while waiting and len(taken) < MOST_NAMES and size < MOST_BYTES:
            if taken and waiting[0][0] != taken[0][0]:
                break
            taken.append(waiting.popleft())
            size += sum(len(string) for value in taken[-1][3] for string in value)
        return taken, waiting is self._batches

    def _run(self):
        while True:
            with self._changed:
                self._sending = False
                self._changed.notify_all()
                self._changed.wait_for(self._has_waiting)
                batch, of_batches = self._take()
                self._sending = True
            while not self._send(batch):
                time.sleep(0.05)
            if of_batches:
                with self._changed:
                    self._in_batches.subtract(name for _, name, _, _, _ in batch)
                    self._in_batches += collections.Counter()  # forgets what is at zero
            else:
                for _, name, _, _, since in batch:
                    self.seconds_of[name] = time.monotonic() - since

    def _send(self, batch):
        zone = dns.name.from_text(batch[0][0])
        update = dns.update.UpdateMessage(zone, keyring=self._keyring)
        for _, name, ttl, values, _ in batch:
            owner = dns.name.from_text(name)
            update.delete(owner, "TXT")
            for strings in values:
                update.add(owner, ttl, TXT(dns.rdataclass.IN, dns.rdatatype.TXT, strings))
        try:
            if self._connection is None:
                self._connection = socket.create_connection((self.host, self.port), timeout=10)
            answer = dns.query.tcp(update, self.host, timeout=10, sock=self._connection)
        except Exception as error:  # the server is not there yet, or hung up
            print("mirror:", error, file=sys.stderr, flush=True)
            self._hang_up()
            return False
        if answer.rcode() != dns.rcode.NOERROR:
            print("mirror:", dns.rcode.to_text(answer.rcode()), file=sys.stderr, flush=True)
            return False
        return True

    def _hang_up(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None
