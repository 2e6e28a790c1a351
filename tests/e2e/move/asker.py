"""Who asks a resolver without pause."""
import random
import threading
import time

from answers import Answer
from lab import DOMAIN, ZONE


class Asker(threading.Thread):
    """Asks one resolver without pause; every answer has to be right and validated. `values`: those that each name may
    have, None while that is not known."""

    def __init__(self, address, values, pause=0.002):
        super().__init__(daemon=True)
        self.address, self.values, self.pause = address, values, pause
        self.names = list(values)
        self.asked, self.wrong, self.ending = 0, [], threading.Event()

    def run(self):
        while not self.ending.is_set():
            what = random.random()
            if what < 0.1:
                self.check(f"{DOMAIN}.", 15)
            elif what < 0.2:
                self.check(f"mail.{DOMAIN}.", 1)
            else:
                name = random.choice(self.names)
                self.check(f"{name}.{ZONE}.", 16, name)
            time.sleep(self.pause)

    def check(self, name, kind, user=None):
        began = time.strftime("%H:%M:%S")
        answer = Answer.of(self.address, name, kind, True)
        self.asked += 1
        right = answer.rcode == 0 and answer.authenticated and answer.count(kind) == 1
        # Read after the answer came: what a name may have only grows while somebody changes it.
        values = self.values[user] if user else None
        if right and values is not None:
            right = answer.texts()[0] in values
        if not right:
            self.wrong.append(f"{began} {self.address} {name} {kind}: rcode {answer.rcode}, AD "
                              f"{answer.authenticated}, {answer.texts()[:2]}")
