"""法律底线: nothing outside the 实施清单 can be demanded, whatever writes the op."""

from __future__ import annotations

from models.domain.catalog import Item
from models.domain.ops import Op
from models.domain.verdict import Refusal

_START = "material."


def unlisted_problem(op: Op, item: Item) -> Refusal | None:
    """A Refusal when ``op`` enters anything under a material that ``item`` does not list."""
    listed = {material.id for material in item.materials}
    for path, change in op.changes.items():
        if not path.startswith(_START) or not change.new:
            continue
        rest = path[len(_START) :]
        if rest not in listed and rest.rpartition(".")[0] not in listed:
            return Refusal(
                code="not_listed", message="实施清单里没有这份材料，不能要求提供。没有采用。请按清单收取。"
            )
    return None
