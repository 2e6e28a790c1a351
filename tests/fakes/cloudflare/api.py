"""The endpoints: a method, a path and a body in, a status and an envelope out. Knows no sockets."""

import json
import re
import threading
import time
import urllib.parse

import tokens as token_rules
import txt_content
from api_error import ApiError, no_route
from limits import Faults, RateLimit
from tokens import Token
from zones import Zone

MOST_BODY = 8 << 20
ID = r"([0-9a-f]{32})"


def envelope(result, info=None):
    answer = {"success": True, "errors": [], "messages": [], "result": result}
    if info:
        answer["result_info"] = info
    return answer


def refusal(error):
    return {"success": False, "errors": [error.error], "messages": [], "result": None}


def number(query, key, fallback, least, most):
    text = query.get(key, [str(fallback)])[-1]
    if not text.isdigit() or not least <= int(text) <= most:
        raise ApiError(400, 1004, f"{key} must be between {least} and {most}.")
    return int(text)


def paged(items, query, fallback, most, least=1):
    page = number(query, "page", 1, 1, 1 << 30)
    per_page = number(query, "per_page", fallback, least, most)
    part = items[(page - 1) * per_page : page * per_page]
    return envelope(part, {"page": page, "per_page": per_page, "count": len(part), "total_count": len(items),
                           "total_pages": -(-len(items) // per_page)})


class Api:
    def __init__(self, mirror=None):
        self.lock = threading.Lock()
        self.zones, self.tokens = {}, {}
        self.limit, self.faults, self.mirror = RateLimit(), Faults(), mirror
        self.counters, self.largest_batch = {}, 0
        self.delay = 0.0  # of every answer, in seconds
        self._routes = [
            ("GET", r"/user/tokens/verify", "verify", self.verify_user),
            ("GET", rf"/accounts/{ID}/tokens/verify", "verify", self.verify_account),
            ("GET", r"/zones", "zones", self.list_zones),
            ("GET", rf"/zones/{ID}", "zone", self.get_zone),
            ("GET", rf"/zones/{ID}/dnssec", "dnssec", self.get_dnssec),
            ("GET", rf"/zones/{ID}/dns_records/usage", "usage", self.usage),
            ("GET", rf"/zones/{ID}/dns_records", "list", self.list_records),
            ("POST", rf"/zones/{ID}/dns_records/batch", "batch", self.batch),
            ("POST", rf"/zones/{ID}/dns_records", "post", self.post),
            ("GET", rf"/zones/{ID}/dns_records/([^/]+)", "get", self.get_record),
            ("PATCH", rf"/zones/{ID}/dns_records/([^/]+)", "patch", self.patch),
            ("PUT", rf"/zones/{ID}/dns_records/([^/]+)", "put", self.put),
            ("DELETE", rf"/zones/{ID}/dns_records/([^/]+)", "delete", self.delete),
        ]

    def add_zone(self, name, account="a" * 32, **more):
        zone = Zone(name, account, **more)
        self.zones[zone.id] = zone
        return zone

    def add_token(self, value, **more):
        self.tokens[value] = Token(value, **more)

    def zone_named(self, name):
        return next(zone for zone in self.zones.values() if zone.name == name)

    def plant(self, zone_name, records):
        """Records that somebody makes by hand; as they are then."""
        zone = self.zone_named(zone_name)
        planted = [zone.plant(each) for each in records]
        if self.mirror:
            self.mirror.changed(zone, [each["name"] for each in planted])
        return planted

    def count(self, kind, by=1):
        self.counters[kind] = self.counters.get(kind, 0) + by

    def answer(self, method, target, headers, body):
        """(status, headers, bytes, fault): what the server sends, and what it does to the connection in sending it."""
        url = urllib.parse.urlsplit(target)
        fault = None
        with self.lock:
            try:
                token = token_rules.token_of(headers, self.tokens)
                user = token.user if token else "nobody"
                blocked = self.limit.seconds_blocked(user)
                self.count("requests")
                if blocked > 0:
                    self.count("blocked")
                    error = ApiError(429, 10300, "The number of overall calls in the last 5 minutes was exceeded.")
                    return 429, {"retry-after": str(max(1, round(blocked)))}, refusal(error), None
                fault = self.faults.next(method, url.path)
                if fault:
                    self.count("faults")
                    spoilt = self._spoil(fault)
                    if spoilt:
                        return *spoilt, fault
                answer = self._route(method, url.path, urllib.parse.parse_qs(url.query), token, body)
                status = 200
                if fault and fault["kind"] == "plant":
                    self.plant(fault["zone"], [fault["record"]])
            except ApiError as error:
                self.count("refused")
                status, answer = error.status, refusal(error)
                user = "nobody"
        limits = {"x-ratelimit-limit": str(self.limit.most), "x-ratelimit-remaining": str(self.limit.remaining(user)),
                  "x-ratelimit-reset": str(int(time.time() + self.limit.window))}
        return status, limits, answer, fault

    @staticmethod
    def _spoil(fault):
        if fault["kind"] == "auth_error":
            return 403, {}, refusal(ApiError(403, 10000, "Authentication error"))
        if fault["kind"] == "status":
            error = ApiError(fault["status"], fault.get("code", 0), fault.get("message", "fault"))
            return fault["status"], fault.get("headers", {}), fault.get("text", refusal(error))
        if fault["kind"] == "body":
            return fault.get("status", 200), {}, fault["body"]
        if fault["kind"] == "close":
            return 0, {}, ""
        return None

    def _route(self, method, path, query, token, body):
        if not path.startswith("/client/v4/"):
            raise no_route(path)
        path = path[len("/client/v4") :]
        for route_method, pattern, kind, handler in self._routes:
            match = re.fullmatch(pattern, path)
            if match and method == route_method:
                self.count(kind)
                values = list(match.groups())
                if method in ("POST", "PATCH", "PUT"):
                    values.append(self._json(body))
                elif method == "GET":
                    values.append(query)
                return handler(token, *values)
        raise no_route(path)

    @staticmethod
    def _json(body):
        try:
            return json.loads(body)
        except ValueError:
            raise ApiError(400, 9207, "Request body is invalid.") from None

    def _zone(self, zone_id, token, permission):
        zone = self.zones.get(zone_id)
        # A zone that the token does not reach is refused like one that is not there.
        if zone is None:
            token_rules.require(token, permission)
            raise no_route(f"/zones/{zone_id}")
        token_rules.require(token, permission, zone)
        return zone

    def verify_user(self, token, _query):
        return envelope(token_rules.verify(token))

    def verify_account(self, token, account, _query):
        return envelope(token_rules.verify(token, account))

    @staticmethod
    def _zone_view(zone):
        return {"id": zone.id, "name": zone.name, "status": zone.status, "paused": False, "type": "full",
                "name_servers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"], "account": {"id": zone.account, "name": "account"}}

    def list_zones(self, token, query):
        token_rules.require(token, "zone:read")
        unknown = set(query) - {"name", "account.id", "status", "page", "per_page", "order", "direction", "match"}
        if unknown:
            raise ApiError(400, 1004, f"Unknown filter {sorted(unknown)[0]}.")
        found = [zone for zone in self.zones.values() if token.may("zone:read", zone)]
        for key, of in (("name", lambda z: z.name), ("account.id", lambda z: z.account), ("status", lambda z: z.status)):
            if key in query:
                found = [zone for zone in found if of(zone) == query[key][-1]]
        return paged([self._zone_view(zone) for zone in found], query, 20, 50, least=5)

    def get_zone(self, token, zone_id, _query):
        return envelope(self._zone_view(self._zone(zone_id, token, "zone:read")))

    def get_dnssec(self, token, zone_id, _query):
        return envelope(self._zone(zone_id, token, "dns:read").dnssec)

    def usage(self, token, zone_id, _query):
        zone = self._zone(zone_id, token, "dns:read")
        return envelope({"record_quota": zone.quota, "record_usage": len(zone.records)})

    def list_records(self, token, zone_id, query):
        zone = self._zone(zone_id, token, "dns:read")
        unknown = set(query) - {"name.exact", "name", "type", "comment", "comment.contains", "content.exact", "order", "direction", "page",
                                "per_page", "match"}
        if unknown:
            raise ApiError(400, 1004, f"Unknown filter {sorted(unknown)[0]}.")
        exact = query.get("name.exact", query.get("name", [None]))[-1]
        found = zone.at(exact) if exact is not None else list(zone.records.values())
        if "type" in query:
            found = [r for r in found if r["type"] == query["type"][-1]]
        if "comment" in query:
            found = [r for r in found if r["comment"] == query["comment"][-1]]
        if "comment.contains" in query:
            found = [r for r in found if query["comment.contains"][-1] in (r["comment"] or "")]
        if "content.exact" in query:
            found = [r for r in found if r["content"] == query["content.exact"][-1]]
        order = query.get("order", ["type"])[-1]
        if order not in ("type", "name", "content", "ttl", "proxied"):
            raise ApiError(400, 1004, "order must be type, name, content, ttl or proxied.")
        found.sort(key=lambda r: (r[order], r["id"]), reverse=query.get("direction", ["asc"])[-1] == "desc")
        self.count("listed_records", len(found))
        return paged(found, query, 100, 5000)

    def get_record(self, token, zone_id, record_id, _query):
        zone = self._zone(zone_id, token, "dns:read")
        if record_id not in zone.records:
            raise ApiError(404, 81044, "Record does not exist.")
        return envelope(zone.records[record_id])

    def _change(self, zone, work):
        transaction = zone.begin()
        try:
            result = work(transaction)
        except ApiError:
            transaction.rollback()
            raise
        transaction.commit()
        if self.mirror:
            self.mirror.changed(zone, list(transaction.touched))
        return envelope(result)

    def _note_quoting(self, *bodies):
        for body in bodies:
            content = body.get("content") if isinstance(body, dict) and body.get("type", "TXT") == "TXT" else None
            if isinstance(content, str) and not txt_content.is_quoted(content):
                self.count("unquoted")

    def post(self, token, zone_id, body):
        zone = self._zone(zone_id, token, "dns:edit")
        self._note_quoting(body)
        return self._change(zone, lambda t: t.create(body))

    def patch(self, token, zone_id, record_id, body):
        zone = self._zone(zone_id, token, "dns:edit")
        self._note_quoting(body)
        return self._change(zone, lambda t: t.change(record_id, body, whole=False))

    def put(self, token, zone_id, record_id, body):
        zone = self._zone(zone_id, token, "dns:edit")
        return self._change(zone, lambda t: t.change(record_id, body, whole=True))

    def delete(self, token, zone_id, record_id):
        zone = self._zone(zone_id, token, "dns:edit")
        return self._change(zone, lambda t: t.delete(record_id))

    def batch(self, token, zone_id, body):
        zone = self._zone(zone_id, token, "dns:edit")
        if not isinstance(body, dict) or set(body) - {"deletes", "patches", "puts", "posts"}:
            raise ApiError(400, 9207, "Request body is invalid.")
        parts = {key: body.get(key) or [] for key in ("deletes", "patches", "puts", "posts")}
        if not all(isinstance(part, list) and all(isinstance(each, dict) for each in part) for part in parts.values()):
            raise ApiError(400, 9207, "Request body is invalid.")
        size = sum(map(len, parts.values()))
        if not 1 <= size <= zone.max_batch:
            raise ApiError(400, 9207, f"A batch has 1 to {zone.max_batch} changes.")
        self.largest_batch = max(self.largest_batch, size)
        self.count("batched", size)
        self._note_quoting(*parts["posts"], *[each for each in parts["patches"] if "content" in each])

        def work(transaction):
            def changed(each, whole):
                return transaction.change(each.get("id"), {k: v for k, v in each.items() if k != "id"}, whole)

            return {"deletes": [transaction.delete(each.get("id")) for each in parts["deletes"]],
                    "patches": [changed(each, False) for each in parts["patches"]],
                    "puts": [changed(each, True) for each in parts["puts"]],
                    "posts": [transaction.create(each) for each in parts["posts"]]}

        return self._change(zone, work)
