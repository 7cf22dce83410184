"""The embedded runtime: one process and one SQLite file, no broker. `run` is all of it; `status` looks at it from outside."""

from streams.embedded.history import kept_events
from streams.embedded.office import Office, known_terms, office_of
from streams.embedded.options import Feed, Options
from streams.embedded.past import past_of_store
from streams.embedded.process import run
from streams.embedded.state import Status, status

__all__ = ["Feed", "Office", "Options", "Status", "kept_events", "known_terms", "office_of", "past_of_store", "run", "status"]
