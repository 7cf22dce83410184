"""The embedded runtime: one process and one SQLite file, no broker. `run` is all of it; `status` looks at it from outside."""

from streams.embedded.options import Feed, Options
from streams.embedded.past import past_of_store
from streams.embedded.process import run
from streams.embedded.state import Status, status

__all__ = ["Feed", "Options", "Status", "past_of_store", "run", "status"]
