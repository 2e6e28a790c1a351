"""Route 53 as a whole: who may do what, one change of a zone at a time, and when a change is everywhere."""

import dataclasses
import itertools
import queue
import random
import threading
import time
from urllib.parse import parse_qsl

import messages
import names
import signature
from limits import Bucket, Faults
from signature import Refused
from zones import InvalidBatch, RecordSet, Zone

SETTINGS = {
    "pending_seconds": 0.2,      # from an accepted change to INSYNC
    "processing_seconds": 0.0,   # how long a change keeps its zone
    "request_rate": 10.0, "request_burst": 50,
    "change_rate": 1000.0, "change_burst": 10000,
    "clock_offset": 0,           # seconds that the server's clock is ahead
    "skew_code": "SignatureDoesNotMatch",
    "error_shape": "error",      # of InvalidChangeBatch: error, or messages (an element of its own)
    "occasional_5xx": 0.0,       # the share of requests that fail so
}  # fmt: skip


class Service:
    def __init__(self, region="us-east-1", mirror=None):
        self.region, self.mirror = region, mirror
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.random = random.Random(1)
        self.in_sync = queue.SimpleQueue()
        if mirror:
            threading.Thread(target=self.run_mirror, daemon=True).start()
        self.reset()

    def reset(self):
        self.settings = dict(SETTINGS)
        self.keys = {"AKIDEXAMPLE": {"secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}}
        self.zones, self.changes, self.counters, self.refusals = {}, {}, {}, {}
        self.faults = Faults()
        self.make_buckets()

    def make_buckets(self):
        self.requests = Bucket(self.settings["request_rate"], self.settings["request_burst"])
        self.throughput = Bucket(self.settings["change_rate"], self.settings["change_burst"])

    def configure(self, values):
        unknown = set(values) - set(SETTINGS)
        if unknown:
            raise KeyError(f"unknown settings: {sorted(unknown)}")
        self.settings.update(values)
        if any("rate" in key or "burst" in key for key in values):
            self.make_buckets()

    def now(self):
        return time.time() + self.settings["clock_offset"]

    def add_zone(self, name, zone_id=None, private=False, quota=10_000):
        with self.lock:
            zone_id = zone_id or f"Z{next(self.numbers):08d}FAKE"
            self.zones[zone_id] = Zone(zone_id, name, private, quota)
        return zone_id

    def zone(self, zone_id):
        found = self.zones.get(zone_id)
        if found is None:
            raise Refused(404, "NoSuchHostedZone", f"No hosted zone found with ID: {zone_id}")
        return found

    def count(self, action):
        with self.lock:
            self.counters[action] = self.counters.get(action, 0) + 1

    # -- one request

    def authorize(self, action, method, target, headers, body):
        key = signature.check(method, target, headers, body, self.keys, self.now(), self.region, "route53", self.settings["skew_code"])
        allowed = key.get("actions")
        if allowed is not None and action not in allowed:
            raise Refused(403, "AccessDenied", f"User: arn:aws:iam::123456789012:user/test is not authorized to perform: route53:{action}")
        if not self.requests.take():
            raise Refused(400, "Throttling", "Rate exceeded")
        if self.random.random() < self.settings["occasional_5xx"]:
            raise Refused(503, "ServiceUnavailable", "Service Unavailable")

    def answer(self, action, arguments, query, body):
        return getattr(self, "do_" + action)(*arguments, dict(parse_qsl(query, keep_blank_values=True)), body)

    def do_ChangeResourceRecordSets(self, zone_id, query, body):
        zone = self.zone(zone_id)
        changes = messages.read_changes(body)
        if not zone.busy.acquire(blocking=False):
            raise Refused(400, "PriorRequestNotComplete", "The request was rejected because Route 53 was still processing a prior request.")
        try:
            if not self.throughput.take(len(changes)):
                raise Refused(400, "Throttling", "Rate exceeded")
            time.sleep(self.settings["processing_seconds"])
            try:
                zone.apply(changes)
            except InvalidBatch as invalid:
                raise Refused(400, "InvalidChangeBatch", str(invalid), messages=invalid.messages)
            change = self.new_change(zone, changes)
        finally:
            zone.busy.release()
        return messages.document("ChangeResourceRecordSetsResponse", messages.change_info(self.seen(change)))

    def new_change(self, zone, changes):
        with self.lock:
            change_id = f"C{next(self.numbers):08d}FAKE"
            change = {
                "id": change_id,
                "at": time.monotonic(),
                "submitted": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(self.now())),
                "due": time.monotonic() + self.settings["pending_seconds"],
                "size": len(changes),
                "zone": zone.id,
            }
            self.changes[change_id] = change
            # Inside the lock, so that the mirror gets them in their order.
            if self.mirror:
                self.in_sync.put((change["due"], names.master_file_text(zone.name), mirrored(changes)))
        return change

    def run_mirror(self):
        """Changes go on when they are in sync, in the order in which they were taken."""
        while True:
            due, zone, sets = self.in_sync.get()
            time.sleep(max(0.0, due - time.monotonic()))
            self.mirror.put(zone, sets)

    @staticmethod
    def seen(change):
        return {**change, "status": "INSYNC" if time.monotonic() >= change["due"] else "PENDING"}

    def do_GetChange(self, change_id, query, body):
        change = self.changes.get(change_id)
        if change is None:
            raise Refused(404, "NoSuchChange", f"Could not find resource with ID: {change_id}")
        return messages.document("GetChangeResponse", messages.change_info(self.seen(change)))

    def do_ListResourceRecordSets(self, zone_id, query, body):
        zone = self.zone(zone_id)
        only(query, {"name", "type", "identifier", "maxitems"})
        if "type" in query and "name" not in query:
            raise Refused(400, "InvalidInput", "A record type was given without a record name")
        if "identifier" in query and ("name" not in query or "type" not in query):
            raise Refused(400, "InvalidInput", "A set identifier was given without record name and type")
        if "type" in query and query["type"] not in messages.TYPES:
            raise Refused(400, "InvalidInput", f"Invalid type {query['type']}")
        most = max_items(query, 300)
        start = None
        if "name" in query:
            try:
                start = (names.parse_name(query["name"]), query.get("type"), query.get("identifier"))
            except names.BadName as problem:
                raise Refused(400, "InvalidInput", str(problem))
        found, following = zone.page(start, most)
        return messages.list_xml(found, following, most)

    def do_ListHostedZonesByName(self, query, body):
        only(query, {"dnsname", "hostedzoneid", "maxitems"})
        if "hostedzoneid" in query and "dnsname" not in query:
            raise Refused(400, "InvalidInput", "hostedzoneid without dnsname")
        most = max_items(query, 100)
        ordered = sorted(self.zones.values(), key=lambda zone: (names.order_key(zone.name), zone.id))
        if "dnsname" in query:
            start = (names.order_key(names.parse_name(query["dnsname"])), query.get("hostedzoneid", ""))
            ordered = [zone for zone in ordered if (names.order_key(zone.name), zone.id) >= start]
        inner = messages.tag("HostedZones", "".join(map(messages.zone_xml, ordered[:most])))
        if "dnsname" in query:
            inner += messages.leaf("DNSName", query["dnsname"])
        inner += messages.leaf("IsTruncated", "true" if len(ordered) > most else "false")
        if len(ordered) > most:
            inner += messages.leaf("NextDNSName", names.name_text(ordered[most].name)) + messages.leaf("NextHostedZoneId", ordered[most].id)
        return messages.document("ListHostedZonesByNameResponse", inner + messages.leaf("MaxItems", most))

    def do_GetHostedZone(self, zone_id, query, body):
        zone = self.zone(zone_id)
        return messages.document("GetHostedZoneResponse", messages.zone_xml(zone))

    def do_GetHostedZoneLimit(self, zone_id, limit_type, query, body):
        zone = self.zone(zone_id)
        only(query, set())
        if limit_type == "MAX_VPCS_ASSOCIATED_BY_ZONE" and not zone.private:
            raise Refused(400, "HostedZoneNotPrivate", "The specified hosted zone is a public hosted zone, not a private hosted zone.")
        if limit_type not in ("MAX_RRSETS_BY_ZONE", "MAX_VPCS_ASSOCIATED_BY_ZONE"):
            raise Refused(400, "InvalidInput", f"Invalid limit type {limit_type}")
        most, count = (zone.quota, len(zone.sets)) if limit_type == "MAX_RRSETS_BY_ZONE" else (300, 0)
        limit = messages.tag("Limit", messages.leaf("Type", limit_type) + messages.leaf("Value", most))
        return messages.document("GetHostedZoneLimitResponse", limit + messages.leaf("Count", count))

    def do_GetDNSSEC(self, zone_id, query, body):
        zone = self.zone(zone_id)
        if zone.private:
            raise Refused(400, "InvalidArgument", "The hosted zone is private")
        status = messages.leaf("ServeSignature", zone.signing["status"])
        if zone.signing["message"]:
            status += messages.leaf("StatusMessage", zone.signing["message"])
        keys = "".join(
            messages.tag("member", "".join(messages.leaf(name, value) for name, value in key.items())) for key in zone.signing["keys"]
        )
        return messages.document("GetDNSSECResponse", messages.tag("Status", status) + messages.tag("KeySigningKeys", keys))

    # -- what tests do by hand

    def plant(self, zone_id, name, record_type, ttl, values, remove=False, alias=None, identifier="", weight=None):
        zone = self.zone(zone_id)
        each = RecordSet(names.parse_name(name), record_type, ttl, tuple(values), identifier, weight, tuple(alias) if alias else None)
        with zone.lock:
            if remove:
                zone.take(zone.sets[each.key])
            else:
                zone.put(each)

    def add_txt_value(self, zone_id, name, value):
        zone = self.zone(zone_id)
        each = RecordSet(names.parse_name(name), "TXT", 300, (value,))
        with zone.lock:
            there = zone.sets.get(each.key)
            zone.put(dataclasses.replace(there, values=(*there.values, value)) if there else each)

    def dump(self, zone_id):
        zone = self.zone(zone_id)
        with zone.lock:
            return [
                {"name": names.name_text(each.name), "type": each.type, "ttl": each.ttl, "values": list(each.values), "identifier": each.identifier}
                for each in (zone.sets[entry[3]] for entry in zone.order)
            ]


def mirrored(changes):
    """[(name, ttl, values)] of the TXT sets of a batch as they stand after it; no values: it is gone."""
    after = {}
    for action, each in changes:
        if each.type == "TXT" and not each.identifier and not each.alias:
            values = [] if action == "DELETE" else [names.txt_strings(value) for value in each.values]
            after[each.key] = (names.master_file_text(each.name), each.ttl, values)
    return list(after.values())


def only(query, known):
    if set(query) - known:
        raise Refused(400, "InvalidInput", f"Unknown parameters: {sorted(set(query) - known)}")


def max_items(query, most):
    text = query.get("maxitems", str(most))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise Refused(400, "InvalidInput", f"Invalid maxitems {text}")
    return min(int(text), most)
