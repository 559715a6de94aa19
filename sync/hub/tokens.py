"""Stateless nonces and session tokens: any worker can check what another one gave out.

Both are ``text.tag``: the tag is an HMAC under a key derived from the hub's master key.
"""

from __future__ import annotations

import base64
import hmac
import secrets

from sync.hub.keys import HubKeys

NONCE_MS = 10 * 60 * 1000
TOKEN_MS = 60 * 60 * 1000


def make_nonce(keys: HubKeys, now_ms: int) -> str:
    return _tagged(keys, "nonce", f"{now_ms}:{secrets.token_hex(8)}")


def nonce_is_good(keys: HubKeys, nonce: str, now_ms: int) -> bool:
    """Whether this hub gave the nonce out within the last ten minutes."""
    text = _untagged(keys, "nonce", nonce)
    return text is not None and 0 <= now_ms - int(text.partition(":")[0]) <= NONCE_MS


def make_token(keys: HubKeys, device: str, now_ms: int) -> str:
    return _tagged(keys, "token", f"{now_ms + TOKEN_MS}:{device}")


def device_of(keys: HubKeys, token: str, now_ms: int) -> str | None:
    """The device a token was given to; None when it is expired or none of this hub's."""
    text = _untagged(keys, "token", token)
    if text is None:
        return None
    expires, _, device = text.partition(":")
    return device if now_ms < int(expires) else None


def _tagged(keys: HubKeys, purpose: str, text: str) -> str:
    tag = hmac.digest(keys.derived(purpose), text.encode(), "sha256")
    return f"{_text(text.encode())}.{_text(tag)}"


def _untagged(keys: HubKeys, purpose: str, value: str) -> str | None:
    body, _, tag = value.partition(".")
    try:
        text = base64.b64decode(_padded(body), b"-_", validate=True)
        given = base64.b64decode(_padded(tag), b"-_", validate=True)
    except ValueError:
        return None
    if not hmac.compare_digest(hmac.digest(keys.derived(purpose), text, "sha256"), given):
        return None
    return text.decode()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)
