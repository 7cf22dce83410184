"""Messages to people: saved subscriptions, what is under way to whom, and the channels by which it goes; apart from the runtime."""

from streams.notify.atom import Alerts
from streams.notify.channel import CHANNELS, hidden, is_known, is_webhook, send
from streams.notify.courier import Courier
from streams.notify.delivery import Delivery
from streams.notify.mailroom import Mailroom, Parcel, mailroom_of
from streams.notify.unread import Unread, unread

__all__ = [
    "CHANNELS",
    "Alerts",
    "Courier",
    "Delivery",
    "Mailroom",
    "Parcel",
    "Unread",
    "hidden",
    "is_known",
    "is_webhook",
    "mailroom_of",
    "send",
    "unread",
]
