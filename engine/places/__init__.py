"""Places: grid, organisation and routes, as of the event's time. Where something happened, who answers for it, and who may do what."""

from engine.places.grid import UNPLACED
from engine.places.people import ROLES, People, Told
from engine.places.places import Answer, Places
from engine.places.placesfile import FILES, read_places, roles_in

__all__ = ["FILES", "ROLES", "UNPLACED", "Answer", "People", "Places", "Told", "read_places", "roles_in"]
