"""AWS Signature Version 4, as the receiver checks it."""

import calendar
import hashlib
import hmac
import re
import time
from urllib.parse import quote, unquote_to_bytes

SKEW_SECONDS = 300


class Refused(Exception):
    """An error that is answered: HTTP status, code, message."""

    def __init__(self, status, code, message, messages=None):
        super().__init__(message)
        self.status, self.code, self.message, self.messages = status, code, message, messages


def encoded(raw):
    return quote(raw, safe="-_.~")


def canonical_query(raw):
    pairs = []
    for part in filter(None, raw.split("&")):
        key, _, value = part.partition("=")
        pairs.append((encoded(unquote_to_bytes(key)), encoded(unquote_to_bytes(value))))
    return "&".join(f"{key}={value}" for key, value in sorted(pairs))


def canonical_path(raw):
    """The path as it was sent, each segment encoded once more: the rule of every service but S3."""
    segments = []
    for segment in raw.split("/"):
        if segment == "..":
            if segments:
                segments.pop()
        elif segment not in ("", "."):
            segments.append(encoded(segment))
    path = "/" + "/".join(segments)
    return path + "/" if segments and raw.endswith("/") else path


def hmac_sha256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def check(method, target, headers, body, keys, now, region, service, skew_code):
    """Gives the key's row of `keys`; raises Refused. `headers` is a list of pairs in their order."""
    by_name = {}
    for name, value in headers:
        by_name.setdefault(name.lower(), []).append(" ".join(value.split()))
    authorization = by_name.get("authorization", [""])[0]
    if not authorization:
        raise Refused(403, "MissingAuthenticationToken", "Missing Authentication Token")
    match = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/, ]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})",
        authorization,
    )
    if not match:
        raise Refused(400, "IncompleteSignature", "Authorization header is not of the form that Signature Version 4 asks for")
    key_id, day, its_region, its_service, signed, signature = match.groups()
    key = keys.get(key_id)
    if key is None:
        raise Refused(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    if (its_region, its_service) != (region, service):
        raise Refused(403, "SignatureDoesNotMatch", f"Credential should be scoped to a valid region ({region}) and service ({service}).")
    stamp = by_name.get("x-amz-date", [""])[0]
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp) or not stamp.startswith(day):
        raise Refused(403, "SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
    signed_names = signed.split(";")
    needed = {"host", "x-amz-date"} | {name for name in by_name if name.startswith("x-amz-")}
    if signed_names != sorted(signed_names) or not needed <= set(signed_names):
        raise Refused(403, "SignatureDoesNotMatch", "'Host' or 'X-Amz-*' must be in the signed headers, sorted")
    # What the signature says is checked before its time, so that only who has the key learns our clock's mind.
    path, _, query = target.partition("?")
    canonical = "\n".join(
        [
            method,
            canonical_path(path),
            canonical_query(query),
            "".join(f"{name}:{','.join(by_name.get(name, ['']))}\n" for name in signed_names),
            signed,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{day}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    derived = hmac_sha256(hmac_sha256(hmac_sha256(hmac_sha256(b"AWS4" + key["secret"].encode(), day), region), service), "aws4_request")
    if not hmac.compare_digest(hmac.new(derived, to_sign.encode(), hashlib.sha256).hexdigest(), signature):
        raise Refused(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
            "signing method. Consult the service documentation for details.",
        )
    signed_at = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    if abs(signed_at - now) > SKEW_SECONDS:
        word = "Signature expired" if signed_at < now else "Signature not yet current"
        here = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        raise Refused(400 if skew_code == "RequestExpired" else 403, skew_code, f"{word}: {stamp} is not within 5 min. of {here}")
    token = by_name.get("x-amz-security-token", [""])[0]
    if key.get("token", "") != token:
        raise Refused(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    if key.get("expires") and now >= key["expires"]:
        raise Refused(403, "ExpiredToken", "The security token included in the request is expired")
    return key
