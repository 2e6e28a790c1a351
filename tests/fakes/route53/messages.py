"""The XML of Route 53: requests are read strictly (namespace, order of elements), answers written as the API does."""

import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

import names
from signature import Refused
from zones import RecordSet

NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
TYPES = {"SOA", "A", "TXT", "NS", "CNAME", "MX", "NAPTR", "PTR", "SRV", "SPF", "AAAA", "CAA", "DS", "TLSA", "SSHFP", "SVCB", "HTTPS"}
SET_ORDER = [
    "Name", "Type", "SetIdentifier", "Weight", "Region", "GeoLocation", "Failover", "MultiValueAnswer", "TTL", "ResourceRecords",
    "AliasTarget", "HealthCheckId", "TrafficPolicyInstanceId", "CidrRoutingConfig", "GeoProximityLocation",
]  # fmt: skip
MOST_RECORDS = 1000
MOST_CHARACTERS = 32000


def malformed(why):
    return Refused(400, "MalformedInput", why)


def children(element, order):
    """Name to element; every child known, once, in this order."""
    found, last = {}, -1
    for child in element:
        name = local(child)
        if name not in order:
            raise malformed(f"Unexpected element {name} in {local(element)}")
        if order.index(name) <= last:
            raise malformed(f"Element {name} is out of order in {local(element)}")
        last = order.index(name)
        found[name] = child
    return found


def local(element):
    prefix = "{" + NAMESPACE + "}"
    if not element.tag.startswith(prefix):
        raise malformed(f"The namespace of {element.tag} is not {NAMESPACE}")
    return element.tag[len(prefix) :]


def text_of(found, name, parent):
    if name not in found or found[name].text is None:
        raise malformed(f"{parent} lacks {name}")
    return found[name].text


def read_set(element):
    found = children(element, SET_ORDER)
    record_type = text_of(found, "Type", "ResourceRecordSet")
    if record_type not in TYPES:
        raise Refused(400, "InvalidInput", f"Invalid type {record_type}")
    try:
        name = names.parse_name(text_of(found, "Name", "ResourceRecordSet"))
    except names.BadName as problem:
        raise Refused(400, "InvalidChangeBatch", str(problem), messages=[str(problem)])
    if ("AliasTarget" in found) == ("ResourceRecords" in found):
        raise Refused(400, "InvalidInput", "Exactly one of ResourceRecords and AliasTarget must be given")
    alias, ttl, values = None, None, ()
    if "AliasTarget" in found:
        if "TTL" in found:
            raise Refused(400, "InvalidInput", "An alias has no TTL")
        parts = children(found["AliasTarget"], ["HostedZoneId", "DNSName", "EvaluateTargetHealth"])
        alias = (text_of(parts, "HostedZoneId", "AliasTarget"), text_of(parts, "DNSName", "AliasTarget"), text_of(parts, "EvaluateTargetHealth", "AliasTarget"))
    else:
        ttl_text = text_of(found, "TTL", "ResourceRecordSet")
        if not ttl_text.isascii() or not ttl_text.isdigit() or int(ttl_text) > 2147483647:
            raise Refused(400, "InvalidInput", f"Invalid TTL {ttl_text}")
        ttl = int(ttl_text)
        records = [children(each, ["Value"]) for each in found["ResourceRecords"] if local(each) == "ResourceRecord"]
        if not records or len(records) != len(found["ResourceRecords"]):
            raise malformed("ResourceRecords must have ResourceRecord elements only, at least one")
        values = tuple(text_of(each, "Value", "ResourceRecord") for each in records)
    identifier = found["SetIdentifier"].text if "SetIdentifier" in found else ""
    weight = int(found["Weight"].text) if "Weight" in found else None
    return RecordSet(name, record_type, ttl, values, identifier or "", weight, alias)


def read_changes(body):
    """[(action, RecordSet)] of a ChangeResourceRecordSetsRequest, with the limits of one request."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise malformed("A document type is not permitted")
    try:
        root = ET.fromstring(body)
    except ET.ParseError as problem:
        raise malformed(str(problem))
    if local(root) != "ChangeResourceRecordSetsRequest":
        raise malformed(f"Unexpected root {root.tag}")
    batch = children(root, ["ChangeBatch"]).get("ChangeBatch")
    if batch is None:
        raise malformed("ChangeBatch is missing")
    parts = children(batch, ["Comment", "Changes"])
    if "Changes" not in parts or len(parts["Changes"]) == 0:
        raise Refused(400, "InvalidInput", "A ChangeBatch must have at least one change")
    changes, records, characters = [], 0, 0
    for each in parts["Changes"]:
        if local(each) != "Change":
            raise malformed(f"Unexpected element {local(each)} in Changes")
        found = children(each, ["Action", "ResourceRecordSet"])
        action = text_of(found, "Action", "Change")
        if action not in ("CREATE", "DELETE", "UPSERT"):
            raise Refused(400, "InvalidInput", f"Invalid action {action}")
        if "ResourceRecordSet" not in found:
            raise malformed("Change lacks ResourceRecordSet")
        wanted = read_set(found["ResourceRecordSet"])
        times = 2 if action == "UPSERT" else 1
        records += times * max(1, len(wanted.values))
        characters += times * sum(map(len, wanted.values))
        changes.append((action, wanted))
    if records > MOST_RECORDS:
        raise batch_too_large(f"Number of records limit of {MOST_RECORDS} exceeded.")
    if characters > MOST_CHARACTERS:
        raise batch_too_large(f"Number of characters limit of {MOST_CHARACTERS} exceeded.")
    return changes


def batch_too_large(message):
    return Refused(400, "InvalidChangeBatch", message, messages=[message])


# -- answers


def tag(name, content):
    return f"<{name}>{content}</{name}>"


def leaf(name, content):
    return tag(name, escape(str(content)))


def document(name, content):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{NAMESPACE}">{content}</{name}>'.encode()


def error_body(refused, request_id, shape):
    if refused.messages and shape == "messages":
        inner = tag("Messages", "".join(leaf("Message", each) for each in refused.messages)) + leaf("RequestId", request_id)
        return document("InvalidChangeBatch", inner)
    message = "[" + ", ".join(refused.messages) + "]" if refused.messages else refused.message
    kind = "Sender" if refused.status < 500 else "Receiver"
    return document("ErrorResponse", tag("Error", leaf("Type", kind) + leaf("Code", refused.code) + leaf("Message", message)) + leaf("RequestId", request_id))


def set_xml(each):
    inner = leaf("Name", names.name_text(each.name)) + leaf("Type", each.type)
    if each.identifier:
        inner += leaf("SetIdentifier", each.identifier)
    if each.weight is not None:
        inner += leaf("Weight", each.weight)
    if each.alias:
        zone, target, health = each.alias
        return tag("ResourceRecordSet", inner + tag("AliasTarget", leaf("HostedZoneId", zone) + leaf("DNSName", target) + leaf("EvaluateTargetHealth", health)))
    inner += leaf("TTL", each.ttl)
    inner += tag("ResourceRecords", "".join(tag("ResourceRecord", leaf("Value", value)) for value in each.values))
    return tag("ResourceRecordSet", inner)


def list_xml(found, following, most):
    inner = tag("ResourceRecordSets", "".join(map(set_xml, found)))
    inner += leaf("IsTruncated", "true" if following else "false")
    if following:
        inner += leaf("NextRecordName", names.name_text(following.name)) + leaf("NextRecordType", following.type)
        if following.identifier:
            inner += leaf("NextRecordIdentifier", following.identifier)
    return document("ListResourceRecordSetsResponse", inner + leaf("MaxItems", most))


def change_info(change):
    return tag("ChangeInfo", leaf("Id", "/change/" + change["id"]) + leaf("Status", change["status"]) + leaf("SubmittedAt", change["submitted"]))


def zone_xml(zone):
    return tag(
        "HostedZone",
        leaf("Id", "/hostedzone/" + zone.id)
        + leaf("Name", names.name_text(zone.name))
        + leaf("CallerReference", zone.id)
        + tag("Config", leaf("PrivateZone", "true" if zone.private else "false"))
        + leaf("ResourceRecordSetCount", len(zone.sets)),
    )
