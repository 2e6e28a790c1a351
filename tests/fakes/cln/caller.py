"""What every door does with a call: the ordered fault, then the command."""

import time

from node import RpcError


class Dropped(Exception):
    """The connection ends without an answer."""


class Garbage(Exception):
    """The answer is not one."""


class Caller:
    def __init__(self, commands, faults):
        self.commands, self.faults = commands, faults

    def call(self, method, params):
        """The result. Raises RpcError, Dropped or Garbage."""
        fault = self.faults.take(method) or {"kind": None}
        kind = fault["kind"]
        if kind in ("hang", "slow"):
            time.sleep(fault.get("seconds", 60))
        if kind in ("reset", "hang"):
            raise Dropped
        if kind == "error":
            raise RpcError(fault["code"], fault["message"], fault.get("data"))
        result = self.commands.run(method, params)
        if kind == "duplicate":
            result = self.commands.run(method, params)
        if kind == "empty":
            result = {key: [] for key in result}
        if kind == "lose_reply":
            raise Dropped
        if kind == "garbage":
            raise Garbage
        if kind == "unknown":
            for each in result.get("invoices", [result]):
                each["status"] = "settling"
        return result
