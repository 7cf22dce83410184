"""What people wrote, with places: YAML documents, problems, suggestions."""

from engine.source.document import Document, read
from engine.source.place import Place, Problem, suggest
from engine.source.scalar import scalar
from engine.source.shape import shape

__all__ = ["Document", "Place", "Problem", "read", "scalar", "shape", "suggest"]
