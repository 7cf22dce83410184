"""Places: grid, organisation and routes, as of the event's time. Where something happened, and who answers for it."""

from engine.places.grid import UNPLACED
from engine.places.places import Answer, Places
from engine.places.placesfile import FILES, read_places, roles_in

__all__ = ["FILES", "UNPLACED", "Answer", "Places", "read_places", "roles_in"]
