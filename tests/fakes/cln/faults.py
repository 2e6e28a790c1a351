"""Faults that a test orders: {"method": "offer" or "*" or "writes", "kind": ..., "times": 1, ...}. Kinds:

  reset       the connection ends before anything is done
  lose_reply  it is done, and the connection ends without an answer
  hang        nothing is done, and no answer comes for `seconds`
  slow        done after `seconds`
  duplicate   done twice, one answer
  garbage     done, and the answer is not JSON
  error       not done: `code` and `message` are the answer
  empty       done, and each list in the answer is empty
  unknown     done, and the answer has a status that nobody knows
"""

import threading

WRITES = {"offer", "disableoffer", "enableoffer", "invoice"}


class Faults:
    def __init__(self):
        self.lock = threading.Lock()
        self.ordered = []
        self.counters = {}

    def order(self, fault):
        with self.lock:
            self.ordered.append({"times": 1, **fault})

    def take(self, method):
        """The fault for this call, or None."""
        with self.lock:
            self.counters[method] = self.counters.get(method, 0) + 1
            for fault in self.ordered:
                wanted = fault["method"]
                if wanted in ("*", method) or (wanted == "writes" and method in WRITES):
                    fault["times"] -= 1
                    if fault["times"] == 0:
                        self.ordered.remove(fault)
                    return fault
        return None
