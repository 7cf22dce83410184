"""The HTTP front door: `POST /events`, answered once what it brought is kept; `GET /health`, `/status`, `/metrics`, `/alerts.atom`."""

from __future__ import annotations

import asyncio
import hmac
import threading
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from engine.casework import Subscription, faults
from engine.events import Rejected, parts_of
from streams import clock
from streams.embedded.address import is_loopback, listening, parsed
from streams.embedded.inbox import Full
from streams.embedded.parcel import Parcel
from streams.lock import Unusable
from streams.orders import Unfit, orders_of
from streams.orders import told as came_of
from streams.store import NotKept

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.datastructures import QueryParams
    from starlette.requests import Request

    from streams.embedded.inbox import Inbox
    from streams.embedded.parcel import Receipt
    from streams.embedded.state import Status
    from streams.settings import Settings

    Answer = Callable[[Request], Awaitable[Response]]

    #: a body, and its content type
    Measured = tuple[bytes, str]

LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json-lines"})
CLOUDEVENTS = "application/cloudevents"
#: The most events of one request: what is kept, and answered, at once.
MOST = 100_000
#: Seconds after which a sender who was turned away should try again.
LATER = {"retry-after": "1"}


class Refused(Exception):  # noqa: N818 - an answer, not a failure
    """A request that is not taken, with its status and what to tell the sender."""

    def __init__(self, status: int, reason: str, right: str, path: str = "$") -> None:
        super().__init__(reason)
        self.status = status
        self.body = {"reason": reason, "path": path, "right": right}


def json_response(status: int, body: object, headers: dict[str, str] | None = None) -> Response:
    """Return a value as a response."""
    return Response(msgspec.json.encode(body), status, headers, "application/json")


def parcel_of(body: bytes, headers: dict[str, str], source: str, limit: int) -> Parcel:
    """Return what a request brought, as single records; raise `Refused` where nothing of it can be read at all."""
    content = headers.get("content-type", "").partition(";")[0].strip().lower()
    if any(name.startswith("ce-") for name in headers) and not content.startswith(CLOUDEVENTS):
        told = {name: value for name, value in headers.items() if name.startswith("ce-") or name == "content-type"}
        return Parcel([body], source, headers=told)
    if not body.strip():
        raise Refused(400, "the request has no body", 'send one event, {"type": …, …}, or a list of them')
    if content in LINES:
        return Parcel([bounded(line, limit) for line in few([line for line in body.splitlines() if line.strip()])], source)
    if content == CLOUDEVENTS + "+json":
        return Parcel([bounded(body, limit)], source, headers={"content-type": content})
    parts = [bounded(part, limit) for part in few(parts_in(body))]
    told = {"content-type": CLOUDEVENTS + "+json"} if content == CLOUDEVENTS + "-batch+json" else {}
    return Parcel(parts, source, headers=told or None)


def few(records: list[bytes]) -> list[bytes]:
    """Return the records of one request if they are not too many to be kept, and answered, at once."""
    if len(records) > MOST:
        raise Refused(413, f"the request holds {len(records):,} events", f"send {MOST:,} at most in one request")
    return records


def parts_in(body: bytes) -> list[bytes]:
    """Return the events of a JSON body: the parts of a list, or the one object."""
    if body.lstrip()[:1] == b"[":
        parts = parts_of(body)
        if isinstance(parts, Rejected):
            raise Refused(400, parts.reason, parts.right, parts.path)
        return parts
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        right = "send JSON: one event or a list; or JSON Lines with content-type application/x-ndjson"
        raise Refused(400, f"the body is not JSON: {error}", right) from error
    return [body]


def bounded(record: bytes, limit: int) -> bytes | Rejected:
    """Return a record, or its rejection where it is longer than any event may be."""
    if len(record) <= limit:
        return record
    right = "one event is one object; CLEARLY_EVENT_LIMIT sets the bound"
    return Rejected(code="too-long", reason=f"longer than {limit:,} bytes", right=right, raw=record)


def told(receipt: Receipt) -> dict[str, object]:
    """Return a receipt as its sender gets to see it."""
    rejected = [
        {"index": index, "code": why.code, "reason": why.reason, "path": why.path, "right": why.right} for index, why in receipt.rejected
    ]
    return {"accepted": receipt.accepted, "rejected": rejected}


class Views(NamedTuple):
    """What can be looked at by the door: the status, figures for Prometheus, and the alerts that somebody wants."""

    look: Callable[[], Status]
    measure: Callable[[str], Measured]
    alerts: Callable[[Subscription], bytes]


def wanted_in(asked: QueryParams) -> Subscription:
    """Return what the address of a feed asks for; raise `Refused` for what there is not."""
    right = "write for example /alerts.atom?unit=linxi&level=3&severity=major"
    if unknown := [name for name in asked if name not in {"unit", "level", "severity", "category"}]:
        raise Refused(400, f"nobody can ask for '{unknown[0]}'", right)
    level = asked.get("level")
    if level is not None and level not in {"0", "1", "2", "3", "4", "5"}:
        raise Refused(400, f"level={level}: no rung of the ladder", right)
    found = Subscription(
        name="feed",
        to="",
        level=None if level is None else int(level),
        units=tuple(asked.getlist("unit")),
        severity=asked.get("severity", ""),
        categories=tuple(asked.getlist("category")),
    )
    if wrong := faults(found):
        raise Refused(400, wrong[0].removeprefix("--"), right)
    return found


class FrontDoor:
    """The server, in a thread of its own. It decides nothing: what comes goes to the inbox, and the answer comes from the runtime."""

    def __init__(self, address: str, inbox: Inbox, settings: Settings, views: Views) -> None:
        self.inbox = inbox
        self.settings = settings
        self.views = views
        host, self._port = parsed(address)
        self.token = token_of(settings)
        if self.token is None and not is_loopback(host):
            raise Unusable(
                f"--http {address}: whoever reaches this address could send events; "
                "set CLEARLY_HTTP_TOKEN to a secret, or listen on 127.0.0.1"
            )
        self._socket = listening(host, self._port, address)
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self._socket.getsockname()[1]}"
        routes = [
            Route("/events", self.guarded(self.events), methods=["POST"]),
            Route("/commands", self.guarded(self.commands), methods=["POST"]),
            Route("/health", self.health, methods=["GET"]),
            Route("/status", self.guarded(self.status), methods=["GET"]),
            Route("/metrics", self.guarded(self.metrics), methods=["GET"]),
            Route("/alerts.atom", self.guarded(self.alerts), methods=["GET"]),
        ]
        self.app = Starlette(routes=routes)
        config = uvicorn.Config(self.app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=10)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, name="front door", daemon=True)

    def open(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Take no more requests, and let those that wait have their answer."""
        self._server.should_exit = True

    def join(self) -> None:
        """Wait until the last answer is out."""
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    # Answers ----------------------------------------------------------------------------------------------------------

    def guarded(self, answer: Answer) -> Answer:
        """Return a way of answering for those who know the token only, with every refusal as a response."""

        async def guarded(request: Request) -> Response:
            try:
                self.check(request)
                return await answer(request)
            except Unfit as error:
                return json_response(
                    400, {"reason": str(error), "path": "$", "right": "correct it; nothing of this request was carried out"}
                )
            except Refused as refused:
                return json_response(refused.status, refused.body, {"www-authenticate": "Bearer"} if refused.status == 401 else None)
            except Full:
                return json_response(503, {"reason": "too much waits already", "path": "$", "right": "send it again in a moment"}, LATER)
            except NotKept as error:
                return json_response(503, {"reason": str(error), "path": "$", "right": "send it again in a moment"}, LATER)
            except ClientDisconnect:
                return Response(status_code=499)

        return guarded

    async def events(self, request: Request) -> Response:
        """Answer 202 once the events are kept, with what was rejected; 400 where nothing could be read."""
        body = await self.body(request)
        source = request.query_params.get("source", "")
        parcel = parcel_of(body, dict(request.headers), source, self.settings.event_limit)
        return json_response(202, told(await asyncio.wrap_future(self.inbox.put(parcel, len(body) + 1_000))))

    async def commands(self, request: Request) -> Response:
        """Answer 200 with what came of each command once that is kept; a refusal is an answer like any other. 400 where one is none."""
        body = await self.body(request)
        orders = orders_of(body, clock.now())
        outcomes = await asyncio.wrap_future(self.inbox.put(orders, len(body) + 1_000))
        return json_response(200, {"results": [came_of(order, outcome) for order, outcome in zip(orders, outcomes, strict=True)]})

    async def health(self, request: Request) -> Response:
        """Answer that the process is alive."""
        return json_response(200, {"status": "ok"})

    async def status(self, request: Request) -> Response:
        """Answer what `clearly status` shows."""
        return json_response(200, await asyncio.to_thread(self.views.look))

    async def metrics(self, request: Request) -> Response:
        """Answer figures for Prometheus, in the form that it asks for."""
        body, form = await asyncio.to_thread(self.views.measure, request.headers.get("accept", ""))
        return Response(body, headers={"content-type": form})

    async def alerts(self, request: Request) -> Response:
        """Answer the newest alerts as an Atom feed: of `unit` and those below it, from `level` and `severity` on, of a `category`."""
        feed = await asyncio.to_thread(self.views.alerts, wanted_in(request.query_params))
        return Response(feed, media_type="application/atom+xml")

    def check(self, request: Request) -> None:
        """Refuse who does not know the token, where there is one. The comparison takes as long whatever is sent."""
        if self.token is None:
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self.token.encode()):
            raise Refused(401, "the bearer token is missing or wrong", "send the header Authorization: Bearer and the token")

    async def body(self, request: Request) -> bytes:
        """Return the body; refuse one that is too long as soon as that is known."""
        limit = self.settings.http_body_limit
        right = "send fewer events at once; CLEARLY_HTTP_BODY_LIMIT sets the bound"
        too_long = Refused(413, f"the body is longer than {limit:,} bytes", right)
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > limit:
            raise too_long
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise too_long
            parts.append(part)
        return b"".join(parts)


def token_of(settings: Settings) -> str | None:
    """Return the bearer token, if there is one; raise `Unusable` where its file cannot be read."""
    try:
        return settings.token()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"CLEARLY_HTTP_TOKEN_FILE: {str(error).lower()}") from error
