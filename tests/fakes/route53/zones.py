"""Hosted zones and what may be changed in them: the rules of ChangeResourceRecordSets."""

import bisect
import dataclasses
import ipaddress
import threading

import names


@dataclasses.dataclass(frozen=True)
class RecordSet:
    name: tuple
    type: str
    ttl: int = None
    values: tuple = ()
    identifier: str = ""
    weight: int = None
    alias: tuple = None  # (hosted zone id, name as text, evaluate target health)

    @property
    def key(self):
        return (self.name, self.type, self.identifier)

    def same_as(self, other):
        return (
            self.key == other.key
            and self.ttl == other.ttl
            and sorted(self.values) == sorted(other.values)
            and self.weight == other.weight
            and self.alias == other.alias
        )


class InvalidBatch(Exception):
    def __init__(self, messages):
        super().__init__("; ".join(messages))
        self.messages = messages


def described(each):
    text = f"name='{names.name_text(each.name)}', type='{each.type}'"
    return text + (f", set-identifier='{each.identifier}'" if each.identifier else "")


def check_value(record_type, value):
    if len(value) > 4000:
        raise names.BadValue("FATAL problem: InvalidResourceRecord (Value is longer than 4000 characters)")
    if record_type in ("TXT", "SPF"):
        names.check_txt(value)
    elif record_type in ("A", "AAAA"):
        kind = ipaddress.IPv4Address if record_type == "A" else ipaddress.IPv6Address
        try:
            kind(value)
        except ValueError:
            raise names.BadValue(f"FATAL problem: InvalidAddress encountered with '{value}'")
    elif record_type in ("CNAME", "NS", "PTR"):
        names.parse_name(value)


class Zone:
    """One hosted zone; `lock` guards it. `busy` is held while a change of it is processed."""

    def __init__(self, zone_id, name, private=False, quota=10_000):
        self.id, self.name, self.private, self.quota = zone_id, names.parse_name(name), private, quota
        self.lock, self.busy = threading.RLock(), threading.Lock()
        self.sets, self.by_name, self.order = {}, {}, []
        self.signing = {"status": "NOT_SIGNING", "message": "", "keys": []}
        text = names.name_text(self.name)
        self.put(RecordSet(self.name, "NS", 172800, tuple(f"ns-{i}.awsdns-0{i}.test." for i in range(1, 5))))
        self.put(RecordSet(self.name, "SOA", 900, (f"ns-1.awsdns-01.test. awsdns-hostmaster.{text} 1 7200 900 1209600 86400",)))

    @staticmethod
    def place(each):
        return (names.order_key(each.name), each.type, each.identifier)

    def put(self, each):
        if each.key not in self.sets:
            bisect.insort(self.order, self.place(each) + (each.key,))
        self.sets[each.key] = each
        self.by_name.setdefault(each.name, set()).add(each.key)

    def take(self, each):
        del self.sets[each.key]
        entry = self.place(each) + (each.key,)
        del self.order[bisect.bisect_left(self.order, entry)]
        keys = self.by_name[each.name]
        keys.discard(each.key)
        if not keys:
            del self.by_name[each.name]

    def types_at(self, name):
        return {self.sets[key].type for key in self.by_name.get(name, ())}

    # -- ChangeResourceRecordSets

    def apply(self, changes):
        """All or nothing. Raises InvalidBatch with a message for each change that cannot be made."""
        with self.lock:
            messages = self.shape_problems(changes)
            undo = []
            if not messages:
                for action, each in changes:
                    problem = self.apply_one(action, each, undo)
                    if problem:
                        messages.append(problem)
            if not messages and len(self.sets) > self.quota:
                messages.append(f"Number of records limit of {self.quota} exceeded.")
            if messages:
                for restore in reversed(undo):
                    restore()
                raise InvalidBatch(messages)

    def shape_problems(self, changes):
        messages, seen = [], {}
        for action, each in changes:
            before = seen.setdefault(each.key, [])
            if before and not (before == ["DELETE"] and action == "CREATE"):
                messages.append(
                    f"The request contains an invalid set of changes for a resource record set '{each.type} {names.name_text(each.name)}'"
                )
            before.append(action)
            if not names.is_in(each.name, self.name):
                messages.append(
                    f"RRSet with DNS name {names.name_text(each.name)} is not permitted in zone {names.name_text(self.name)}"
                )
            if action == "DELETE":
                continue
            for value in each.values:
                try:
                    check_value(each.type, value)
                except ValueError as problem:
                    messages.append(f"Invalid Resource Record: {problem}")
            if len(set(each.values)) != len(each.values):
                messages.append(f"Duplicate Resource Record: '{each.values[0]}'")
            if each.type in ("CNAME", "SOA") and len(each.values) > 1:
                messages.append(f"{each.type} record must have one value [{described(each)}]")
        return messages

    def apply_one(self, action, each, undo):
        stands = self.sets.get(each.key)
        if action == "CREATE" and stands:
            return f"Tried to create resource record set [{described(each)}] but it already exists"
        if action == "DELETE":
            if not stands:
                return f"Tried to delete resource record set [{described(each)}] but it was not found"
            if not stands.same_as(each):
                return f"Tried to delete resource record set [{described(each)}] but the values provided do not match the current values"
            if each.name == self.name and each.type in ("NS", "SOA"):
                return f"A HostedZone must contain at least one NS record for the zone itself. [{described(each)}]"
            self.take(stands)
            undo.append(lambda: self.put(stands))
            return None
        conflict = self.conflict(each)
        if conflict:
            return conflict
        self.put(each)
        undo.append((lambda: self.put(stands)) if stands else (lambda: self.take(each)))
        return None

    def conflict(self, each):
        text, zone = names.name_text(each.name), names.name_text(self.name)
        others = self.types_at(each.name) - {each.type}
        if each.type == "CNAME" and each.name == self.name:
            return f"RRSet of type CNAME with DNS name {text} is not permitted at apex in zone {zone}"
        clash = "CNAME" if "CNAME" in others else (sorted(others)[0] if each.type == "CNAME" and others else None)
        if clash:
            return (
                f"RRSet of type {each.type} with DNS name {text} is not permitted because a conflicting RRSet of type "
                f"{clash} with the same DNS name already exists in zone {zone}"
            )
        simple = {self.sets[key].identifier == "" for key in self.by_name.get(each.name, ()) if key[1] == each.type}
        if simple and (each.identifier == "") not in simple:
            return f"InvalidChangeBatch: RRSet with DNS name {text}, type {each.type} cannot be created as other RRSets exist with the same name and type"
        return None

    # -- ListResourceRecordSets

    def page(self, start, most):
        """At most `most` sets from `start` (name, type, identifier), and the first of the next page or None."""
        with self.lock:
            at = 0
            if start:
                name, record_type, identifier = start
                at = bisect.bisect_left(self.order, (names.order_key(name), record_type or "", identifier or ""))
            keys = self.order[at : at + most + 1]
            found = [self.sets[entry[3]] for entry in keys]
        return found[:most], (found[most] if len(found) > most else None)
