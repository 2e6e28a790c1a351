#!/usr/bin/env python3
"""What receivers in Python make of webhooks: PyPI's standardwebhooks, and our own verifier of v1a. As verify.mjs."""
import base64
import json
import pathlib
import sys

from standardwebhooks import Webhook, WebhookVerificationError

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "docs" / "verifiers"))
import verify_webhook  # noqa: E402


def outcome(verify):
    # Nothing else is caught: a header that makes a library stumble is our fault.
    try:
        verify()
        return ""
    except (WebhookVerificationError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


verdicts = []
for each in json.load(sys.stdin):
    body = base64.b64decode(each["body"])
    verdicts.append({
        "standardwebhooks": outcome(lambda: Webhook(each["secret"]).verify(body.decode(), each["headers"])),
        "v1a": outcome(lambda: verify_webhook.verify(each["public_key"], each["headers"], body)),
    })
json.dump(verdicts, sys.stdout)
