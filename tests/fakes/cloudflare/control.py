"""How a test speaks with the fake, at /_fake/...: GET reads, POST orders; bodies are JSON."""

import urllib.parse

from limits import RateLimit


def _state_of(zone, name):
    return {"records": zone.at(name) if name else list(zone.records.values()),
            "history": zone.history.get(name, []) if name else [], "version": zone.version}


def _apply_zone(api, wanted):
    zone = next((z for z in api.zones.values() if z.name == wanted["name"]), None) or api.add_zone(wanted["name"])
    for key in ("quota", "status", "max_batch", "dnssec"):
        if key in wanted:
            setattr(zone, key, wanted[key])
    return {"id": zone.id}


def control(api, method, target, body):
    """(status, answer)."""
    url = urllib.parse.urlsplit(target)
    query = {key: values[-1] for key, values in urllib.parse.parse_qs(url.query).items()}
    what = url.path.removeprefix("/_fake/")
    if what == "drain":  # whatever was changed so far is at the DNS server
        if api.mirror:
            api.mirror.drain()
        return 200, {}
    if what == "server_seconds":
        return 200, api.mirror.seconds_of() if api.mirror else {}
    with api.lock:
        if method == "GET" and what == "counters":
            return 200, {**api.counters, "largest_batch": api.largest_batch, "blocks": api.limit.blocks}
        if method == "GET" and what == "zone":
            return 200, _state_of(api.zone_named(query["zone"]), query.get("name"))
        if method != "POST":
            return 404, {"error": "no such control"}
        if what == "counters":
            api.counters, api.largest_batch, api.limit.blocks = {}, 0, 0
        elif what == "faults":
            api.faults.order(body)
        elif what == "no_faults":
            api.faults.clear()
        elif what == "limit":
            api.limit = RateLimit(**body)
        elif what == "delay":
            api.delay = body["seconds"]
        elif what == "token":
            api.add_token(body.pop("value"), **body)
        elif what == "zone":
            return 200, _apply_zone(api, body)
        elif what == "second_zone":
            return 200, {"id": api.add_zone(body["name"], account=body["account"]).id}
        elif what == "records":
            return 200, api.plant(body["zone"], body["records"])
        elif what == "remove":
            zone = api.zone_named(body["zone"])
            transaction = zone.begin()
            for record in zone.at(body["name"]):
                transaction.delete(record["id"])
            transaction.commit()
            if api.mirror:
                api.mirror.changed(zone, [body["name"]])
        else:
            return 404, {"error": "no such control"}
    return 200, {}
