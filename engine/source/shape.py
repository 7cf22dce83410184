"""The shape of a document, checked with pydantic and told in our words, each problem at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine.source.place import Problem, suggest

if TYPE_CHECKING:
    from engine.source.document import Document

    Path = tuple[str | int, ...]

M = TypeVar("M", bound=BaseModel)


def shape(model: type[M], document: Document, path: Path = ()) -> tuple[M | None, list[Problem]]:
    """Return the part of the document at `path` as a model, or every problem with its shape."""
    data: Any = document.data
    for step in path:
        data = data[step]
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, [told(model, document, path, dict(one)) for one in error.errors()]


def told(model: type[BaseModel], document: Document, path: Path, error: dict[str, Any]) -> Problem:
    """Return one pydantic error in our words."""
    noun = getattr(model, "noun", "setting")
    steps = tuple(step for step in error["loc"] if (*path, step) in document.keys or isinstance(step, str | int))
    where = (*path, *steps)
    name = str(steps[-1]) if steps else ""
    if error["type"] == "extra_forbidden":
        known = fields_at(model, steps[:-1])
        return Problem(document.key_place(where), "unknown-setting", f"there is no {noun} '{name}'{suggest(name, known)}")
    if error["type"] == "missing":
        return Problem(document.place(where[:-1]), "missing", f"'{name}' is missing")
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] in {"string_type", "list_type", "dict_type", "model_type", "model_attributes_type"}:
        wanted = {"string_type": "one value", "list_type": "a list"}.get(error["type"], "lines of 'name: value'")
        text = f"'{name}' wants {wanted}" if name else f"expected {wanted}"
    return Problem(document.place(where), "value", text)


def fields_at(model: Any, steps: Path) -> list[str]:
    """Return the setting names of the model, or of the model inside it, that `steps` leads to."""
    for step in steps:
        field = getattr(model, "model_fields", {}).get(step)
        inner = getattr(field, "annotation", None)
        options = [inner, *getattr(inner, "__args__", ())]
        model = next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)
    return [field.alias or name for name, field in getattr(model, "model_fields", {}).items()]
