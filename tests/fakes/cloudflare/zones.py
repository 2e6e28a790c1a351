"""Zones and records, with the checks that Cloudflare makes before it changes anything.

Codes that were seen in the wild are Cloudflare's own (81044, 81045, 81053, 81054, 81057, 81058, 1004, 7003); what stands in an
error_chain is our reading. Nothing here knows HTTP. Not safe for threads: the server holds one lock.
"""

import datetime
import hashlib
import itertools

import txt_content
from api_error import ApiError, invalid, no_route

TYPES = {"A", "AAAA", "CAA", "CERT", "CNAME", "DNSKEY", "DS", "HTTPS", "LOC", "MX", "NAPTR", "NS", "OPENPGPKEY", "PTR", "SMIMEA",
         "SRV", "SSHFP", "SVCB", "TLSA", "TXT", "URI"}
MOST_CONTENT_CHARACTERS = 8192  # of all TXT at one name
MOST_COMMENT = 100
FIELDS = {"name", "type", "content", "ttl", "comment", "proxied", "priority", "data", "tags", "settings"}


def now_text(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def hex_id(text):
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Zone:
    def __init__(self, name, account, quota=200, status="active"):
        self.name = name
        self.id = hex_id(f"{account}/{name}")
        self.account = account
        self.quota = quota
        self.status = status
        self.max_batch = 200
        self.records = {}
        self.by_name = {}
        # What stood at a name after each change of it, for tests that must know that it never was absent or double.
        self.history = {}
        self.version = 0
        self.dnssec = {"status": "disabled", "modified_on": None, "ds": None}
        self._numbers = itertools.count(1)
        self._clock = datetime.datetime(2026, 1, 1)

    def tick(self):
        # Creation times differ, as those of the real one nearly always do.
        self._clock += datetime.timedelta(microseconds=1)
        return now_text(self._clock)

    def at(self, name):
        return [self.records[i] for i in self.by_name.get(name, ())]

    def full_name(self, name):
        if not isinstance(name, str) or not name:
            raise invalid(9000, "DNS name is invalid.")
        name = name.rstrip(".").lower()
        if name == "@":
            return self.name
        full = name if name == self.name or name.endswith("." + self.name) else f"{name}.{self.name}"
        labels = full.split(".")
        if len(full) > 253 or any(not 1 <= len(label) <= 63 for label in labels):
            raise invalid(9000, "DNS name is invalid.")
        return full

    # One transaction of changes; `apply` them, then all of it stands or nothing.
    def begin(self):
        return Transaction(self)

    def plant(self, body):
        """A record by hand, past the checks of conflicts."""
        transaction = self.begin()
        record = transaction.put(transaction.checked(body, None))
        transaction.commit()
        return record


class Transaction:
    def __init__(self, zone):
        self.zone = zone
        self.undo = []
        self.touched = {}

    def _touch(self, name):
        self.touched.setdefault(name, True)

    def put(self, record):
        zone = self.zone
        before = zone.records.get(record["id"])
        if before is not None:
            self._take_out(before)
        zone.records[record["id"]] = record
        zone.by_name.setdefault(record["name"], {})[record["id"]] = True
        self.undo.append((record, before))
        self._touch(record["name"])
        return record

    def _take_out(self, record):
        zone = self.zone
        del zone.records[record["id"]]
        ids = zone.by_name[record["name"]]
        del ids[record["id"]]
        if not ids:
            del zone.by_name[record["name"]]

    def rollback(self):
        for record, before in reversed(self.undo):
            if record["id"] in self.zone.records:
                self._take_out(self.zone.records[record["id"]])
            if before is not None:
                self.zone.records[before["id"]] = before
                self.zone.by_name.setdefault(before["name"], {})[before["id"]] = True
        self.undo = []

    def commit(self):
        self.zone.version += 1
        for name in self.touched:
            texts = [r["content"] for r in self.zone.at(name) if r["type"] == "TXT"]
            self.zone.history.setdefault(name, []).append(texts)

    # The operations of the API, each checked against what the ones before made.

    def create(self, body):
        record = self.checked(body, None)
        self._check_place(record)
        if len(self.zone.records) >= self.zone.quota:
            raise ApiError(400, 81045, "Record quota exceeded.")
        return self.put(record)

    def change(self, record_id, body, whole):
        before = self._existing(record_id)
        merged = body if whole else {**{k: before[k] for k in FIELDS if k in before}, **body}
        record = self.checked(merged, before)
        self._check_place(record)
        return self.put(record)

    def delete(self, record_id):
        before = self._existing(record_id)
        self._take_out(before)
        self.undo.append((before, before))
        self._touch(before["name"])
        return {"id": record_id}

    def _existing(self, record_id):
        if not isinstance(record_id, str) or len(record_id) != 32:
            raise no_route(f"/zones/{self.zone.id}/dns_records/{record_id}")
        if record_id not in self.zone.records:
            raise ApiError(404, 81044, "Record does not exist.")
        return self.zone.records[record_id]

    def _check_place(self, record):
        for other in self.zone.at(record["name"]):
            if other["id"] == record["id"]:
                continue
            if record["type"] == "CNAME":
                raise ApiError(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
            if other["type"] == "CNAME":
                raise ApiError(400, 81054, "A CNAME record with that host already exists.")
            if other["type"] == record["type"] and other["content"] == record["content"]:
                if record["type"] == "TXT":
                    raise ApiError(400, 81058, "An identical record already exists.")
                raise ApiError(400, 81057, "Record already exists.")
        if record["type"] == "TXT":
            characters = sum(len(r["content"]) for r in self.zone.at(record["name"])
                             if r["type"] == "TXT" and r["id"] != record["id"]) + len(record["content"])
            if characters > MOST_CONTENT_CHARACTERS:
                raise invalid(9207, f"The TXT records of a name exceed {MOST_CONTENT_CHARACTERS} characters.")

    def checked(self, body, before):
        if not isinstance(body, dict) or set(body) - FIELDS - {"id"}:
            raise ApiError(400, 9207, "Request body is invalid.")
        zone = self.zone
        kind = body.get("type")
        if kind not in TYPES:
            raise invalid(9004, "DNS record type is invalid.")
        if before is not None and kind != before["type"]:
            raise invalid(9004, "The type of a record cannot be changed.")
        ttl = body.get("ttl", 1)
        if not isinstance(ttl, int) or isinstance(ttl, bool) or not (ttl == 1 or 60 <= ttl <= 86400):
            raise invalid(9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
        comment = body.get("comment")
        if comment is not None and (not isinstance(comment, str) or len(comment) > MOST_COMMENT or "\n" in comment):
            raise invalid(9306, "DNS record comment is invalid.")
        if body.get("tags"):
            raise invalid(9300, f"DNS record has {len(body['tags'])} tags, exceeding the quota of 0.")
        content = body.get("content")
        if not isinstance(content, str) or not content:
            raise invalid(9005, f"Content for {kind} record is required.")
        if kind == "TXT":
            content = txt_content.text_of(txt_content.strings_of(content))
        at = zone.tick()
        record = {"id": before["id"] if before else hex_id(f"{zone.id}/{next(zone._numbers)}"), "name": zone.full_name(body.get("name")),
                  "type": kind, "content": content, "proxiable": kind in ("A", "AAAA", "CNAME"), "proxied": bool(body.get("proxied")),
                  "ttl": ttl, "settings": {}, "meta": {}, "comment": comment or None, "tags": [],
                  "created_on": before["created_on"] if before else at, "modified_on": at}
        if kind in ("MX", "SRV", "URI"):
            priority = body.get("priority")
            if not isinstance(priority, int):
                raise invalid(9100, "priority is a required field.")
            record["priority"] = priority
        return record
