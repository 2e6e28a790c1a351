"""What goes wrong at a server: its token buckets, and the faults that a test asks for."""

import threading
import time


class Bucket:
    def __init__(self, per_second, burst):
        self.per_second, self.burst = per_second, burst
        self.tokens, self.at, self.lock = burst, time.monotonic(), threading.Lock()

    def take(self, cost=1):
        """False when there is no room; nothing is taken then. What costs more than fits needs a full bucket."""
        with self.lock:
            now = time.monotonic()
            self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
            self.at = now
            if self.tokens < min(cost, self.burst):
                return False
            self.tokens -= cost
            return True


class Faults:
    """What happens to the next requests of an action: {"action", "kind", "count", "seconds", "status", "code"}.

    Kinds: lost_reply (it is done, then the connection ends), close (the connection ends, nothing is done), hang, slow,
    error (with status and code, nothing is done), error_after (it is done, then the error), garbage (an answer that is no XML),
    plant (it is done, and before its answer somebody adds "value" to the TXT set of "name" in "zone_id").
    """

    def __init__(self):
        self.lock, self.waiting = threading.Lock(), []

    def add(self, fault):
        with self.lock:
            self.waiting.append({"count": 1, "action": "*", "seconds": 60, "skip": 0, **fault})

    def clear(self):
        with self.lock:
            self.waiting.clear()

    def next(self, action):
        with self.lock:
            for fault in self.waiting:
                if fault["action"] not in ("*", action):
                    continue
                if fault["skip"] > 0:
                    fault["skip"] -= 1
                    continue
                fault["count"] -= 1
                if fault["count"] <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
