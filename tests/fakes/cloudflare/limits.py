"""What is refused or spoilt whatever the request says: the rate limit and the faults that a test has ordered."""

import collections
import re
import time


class RateLimit:
    """So many requests of one user in a window; one more, and the user is blocked for a while (429)."""

    def __init__(self, most=1200, window=300.0, block=300.0, clock=time.monotonic):
        self.most, self.window, self.block, self._clock = most, window, block, clock
        self._seen, self._blocked_until, self.blocks = {}, {}, 0

    def seconds_blocked(self, user):
        """0, and the request counts; or for how long the user is blocked."""
        now = self._clock()
        left = self._blocked_until.get(user, 0) - now
        if left > 0:
            return left
        seen = self._seen.setdefault(user, collections.deque())
        while seen and seen[0] <= now - self.window:
            seen.popleft()
        seen.append(now)
        if len(seen) <= self.most:
            return 0
        self.blocks += 1
        seen.clear()
        self._blocked_until[user] = now + self.block
        return self.block

    def remaining(self, user):
        return max(0, self.most - len(self._seen.get(user, [])))


class Faults:
    """Ordered by a test: {"kind", "method", "path" (a regular expression), "count", "skip", ...}. Kinds: "status" (with "status",
    "code", "message"), "auth_error" (10000, transient), "close" (nothing is done and the connection closed), "lose_reply" (it is done,
    and the connection closed), "hang" (it is done, and no answer comes for "seconds"), "slow" (the answer comes after "seconds"),
    "plant" (it is done, and before its answer somebody makes "record" in "zone"), "body" (what is answered in place of the truth, with "status" and "body")."""

    def __init__(self):
        self._ordered = []

    def order(self, faults):
        for fault in faults:
            self._ordered.append({"method": ".*", "path": ".*", "count": 1, "skip": 0, **fault})

    def clear(self):
        self._ordered = []

    def next(self, method, path):
        for fault in self._ordered:
            if fault["count"] <= 0 or not re.fullmatch(fault["method"], method) or not re.search(fault["path"], path):
                continue
            if fault["skip"] > 0:
                fault["skip"] -= 1
                continue
            fault["count"] -= 1
            return fault
        return None
