"""The address that the front door listens on: as it is written, who can reach it, and the socket."""

from __future__ import annotations

import ipaddress
import os
import socket

from streams.lock import Unusable


def parsed(address: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT`, `[::1]:PORT` or `:PORT`; raise `Unusable` for anything else."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65_535:
        raise Unusable(f"--http {address}: not an address; write HOST:PORT, for example 127.0.0.1:8080")
    return host.removeprefix("[").removesuffix("]") or "0.0.0.0", int(port)  # noqa: S104 - guarded by the token


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address; a name counts if every address that it stands for does."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise Unusable(f"--http {host}: there is no such host ({str(error.strerror).lower()})") from error
    return all(ipaddress.ip_address(one.partition("%")[0]).is_loopback for one in found)


def listening(host: str, port: int, address: str) -> socket.socket:
    """Return a socket that listens; raise `Unusable` where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        why = os.strerror(error.errno).lower() if error.errno else str(error)
        raise Unusable(f"--http {address}: {why}; stop who listens there, or give another port") from error
    made.setblocking(False)
    return made
