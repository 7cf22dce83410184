"""Channels: a message on its way out. A webhook gets a signed CloudEvent by POST; everything else goes by Apprise."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import urllib.request
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError, URLError

if TYPE_CHECKING:
    from engine.casework import Subscription
    from streams.notify.mailroom import Parcel

#: What people have here, as it is written; Apprise knows many more.
CHANNELS: Final = (
    "https://host/path",
    "mailto://user:password@host?to=somebody@host",
    "wecombot://KEY",
    "dingtalk://TOKEN",
    "feishu://TOKEN",
)
#: Seconds that a receiver has to answer.
PATIENCE: Final = 10.0
MISSING: Final = "Apprise is not installed; install 'explain-clearly[notify]'"


def is_webhook(address: str) -> bool:
    """Return whether an address is a webhook."""
    return address.startswith(("http://", "https://"))


def is_known(address: str) -> bool | None:
    """Return whether anything can be sent to an address; None where Apprise would know and is not installed."""
    if is_webhook(address):
        return True
    try:
        import apprise
    except ImportError:
        return None
    return bool(apprise.Apprise().add(address))


def hidden(address: str) -> str:
    """Return an address without what only its owner should know."""
    if is_webhook(address):
        return address.partition("?")[0]
    try:
        import apprise
    except ImportError:
        return address.partition("://")[0] + "://…"
    box = apprise.Apprise()
    box.add(address)
    services: list[Any] = list(box)
    return next((str(service.url(privacy=True)).partition("?")[0] for service in services), address.partition("://")[0] + "://…")


def send(to: Subscription, parcel: Parcel, now: int) -> str:
    """Send a message once, and return why it did not get through, or nothing where it did."""
    try:
        return post(to, parcel, now) if is_webhook(to.to) else pass_on(to.to, parcel)
    except Exception as error:  # noqa: BLE001 - a channel is somebody else's code: whatever it raises is why the message did not get through
        return f"the channel failed: {type(error).__name__}: {error}"


def post(to: Subscription, parcel: Parcel, now: int) -> str:
    """Send a message to a webhook, signed as Standard Webhooks has it: over id, time and body."""
    at = str(now // 1_000_000)
    headers = {
        "content-type": "application/cloudevents+json",
        "user-agent": "explain-clearly",
        "webhook-id": parcel.id,
        "webhook-timestamp": at,
        "webhook-signature": signature(to.secret, parcel.id, at, parcel.event),
    }
    request = urllib.request.Request(to.to, parcel.event, headers)  # noqa: S310 - http or https, as `is_webhook` has it
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):  # noqa: S310 - the same
            return ""
    except HTTPError as error:
        error.close()
        return f"the receiver answered {error.code} {error.reason}".strip()
    except (URLError, OSError, http.client.HTTPException) as error:
        return f"the receiver does not answer: {getattr(error, 'reason', None) or error}"


def signature(secret: str, name: str, at: str, body: bytes) -> str:
    """Return the signature of a message."""
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    signed = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def pass_on(address: str, parcel: Parcel) -> str:
    """Hand a message to Apprise."""
    try:
        import apprise
    except ImportError:
        return MISSING
    box = apprise.Apprise()
    if not box.add(address):
        return "nobody knows this kind of address"
    listening: Any = apprise.LogCapture  # it has no types
    with listening(level=apprise.logging.WARNING, fmt="%(message)s") as said:
        if box.notify(title=parcel.title, body=parcel.text, body_format=apprise.NotifyFormat.TEXT):
            return ""
        return "; ".join(said.getvalue().split("\n")).strip("; ") or "it did not get through"
