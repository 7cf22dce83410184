"""Places: grid, organisation and routes, as of the event's time. Where something happened, who answers for it, and who may do what."""

from engine.places.grid import UNPLACED
from engine.places.imported import Imported, Wanted, imported, placed
from engine.places.organisation import no_organisation
from engine.places.organisationfile import BOTH
from engine.places.people import ROLES, People, Told
from engine.places.places import Answer, Places
from engine.places.placesfile import FILES, read_places, roles_in

__all__ = [
    "BOTH",
    "FILES",
    "ROLES",
    "UNPLACED",
    "Answer",
    "Imported",
    "People",
    "Places",
    "Told",
    "Wanted",
    "imported",
    "no_organisation",
    "placed",
    "read_places",
    "roles_in",
]
