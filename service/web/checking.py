"""Checks what a webhook pushed (Standard Webhooks), with nothing but Python itself."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping


def genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether these raw bytes were signed with the secret (whsec_...) within the last five minutes."""
    moment = headers["webhook-timestamp"]
    if abs(time.time() - int(moment)) > 300:
        return False
    signed = f"{headers['webhook-id']}.{moment}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    stated = headers["webhook-signature"].encode().split()
    return any(hmac.compare_digest(expected, each) for each in stated)
