"""What the fake refuses, in the shape of Cloudflare's envelope."""


class ApiError(Exception):
    def __init__(self, status, code, message, chain=None):
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message}
        if chain:
            self.error["error_chain"] = [{"code": c, "message": m} for c, m in chain]


def invalid(code, message):
    """A record that Cloudflare's validation does not let through: 1004 with the reason in the chain."""
    return ApiError(400, 1004, "DNS Validation Error", [(code, message)])


def no_route(path):
    return ApiError(404, 7003, f"Could not route to {path}, perhaps your object identifier is invalid?")
