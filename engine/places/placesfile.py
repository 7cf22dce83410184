"""From the files of a rules folder to its places, or to every problem in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.places.gridfile import GridReader
from engine.places.notes import Notes
from engine.places.organisationfile import OrganisationReader
from engine.places.places import Places
from engine.places.routesfile import RoutesReader
from engine.source import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events import Catalogue
    from engine.source import Document, Problem

#: The files of this room; no rules. CSV and YAML of one name go together: few rows in one, many in the other.
FILES = frozenset({"grid.yaml", "grid.csv", "organisation.yaml", "organisation.csv", "customers.csv", "routes.yaml"})


def read_places(files: Mapping[str, str], documents: Mapping[str, Document], catalogue: Catalogue) -> tuple[Places | None, list[Problem]]:
    """Return the places that a rules folder describes, and every problem with them; None where it describes none, or an error is.

    `documents` are the YAML files that could be read; one that could not has its problem already, and no others come of it.
    """
    if not FILES & set(files):
        return None, []
    notes = Notes()
    grids = GridReader(catalogue.zone, notes)
    grid = grids.grid(documents.get("grid.yaml"), files)
    organisation = OrganisationReader(catalogue.zone, notes).organisation(documents.get("organisation.yaml"), files)
    unread = {name for name in files if name in FILES and name.endswith(".yaml")} - set(documents)
    if organisation.units and not unread:
        grids.check_answers(grid, organisation.units, organisation.people)
    routes = None
    if "routes.yaml" in documents and not unread:
        if not organisation.units:
            told = "routes lead to units and people, and there are none; describe them in organisation.yaml or organisation.csv"
            notes.say(Place("routes.yaml", 1, 1), "places-nowhere", told)
        else:
            fields = {name for kind in catalogue.types.values() for name in kind.fields}
            routes = RoutesReader(documents["routes.yaml"], grid, organisation, fields, notes).routes()
    made = None if notes.failed or unread else Places(grid, organisation, routes)
    return made, notes.problems()


def roles_in(documents: Mapping[str, Document]) -> frozenset[str] | None:
    """Return the roles that routes.yaml names, right or wrong in other ways; None where there are no routes."""
    document = documents.get("routes.yaml")
    listed = document.data.get("routes") if document is not None and isinstance(document.data, dict) else None
    return frozenset(listed) if isinstance(listed, dict) else None
