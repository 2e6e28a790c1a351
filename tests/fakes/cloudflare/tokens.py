"""API tokens: whose they are, what they may do and in which zones."""

import re

from api_error import ApiError

PERMISSIONS = ("zone:read", "dns:read", "dns:edit")


class Token:
    def __init__(self, value, user="user", permissions=PERMISSIONS, zones=None, status="active", account=None):
        self.value, self.user, self.status, self.account = value, user, status, account
        self.permissions, self.zones = set(permissions), zones

    def may(self, permission, zone=None):
        granted = permission in self.permissions or (permission == "dns:read" and "dns:edit" in self.permissions)
        return granted and (zone is None or self.zones is None or zone.name in self.zones)


def token_of(headers, tokens):
    """The token of a request; what the real one says when there is none that it can take."""
    value = headers.get("Authorization")
    if value is None:
        raise ApiError(400, 1001, 'Missing "Authorization" header')
    match = re.fullmatch(r"Bearer ([A-Za-z0-9_-]{8,})", value)
    if not match:
        raise ApiError(400, 6003, "Invalid request headers", [(6111, "Invalid format for Authorization header")])
    return tokens.get(match.group(1))


def verify(token, account=None):
    """GET .../tokens/verify: users' tokens at /user, accounts' tokens at their account."""
    if token is None or token.account != account:
        raise ApiError(401, 1000, "Invalid API Token")
    return {"id": "f" * 32, "status": token.status}


def require(token, permission, zone=None):
    if token is None:
        raise ApiError(403, 9109, "Invalid access token")
    if token.status != "active":
        raise ApiError(403, 10000, "Authentication error")
    if not token.may(permission, zone):
        if permission == "zone:read":
            raise ApiError(403, 9109, "Unauthorized to access requested resource")
        raise ApiError(403, 10000, "Authentication error")
