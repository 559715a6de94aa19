"""当场更正 in words: the place, what it said, what it says now, and who confirmed it."""

from __future__ import annotations

from models.domain.amendment import CONFIRMED_NAMES, Amendment
from models.domain.catalog import Item
from models.domain.ids import mask_by_path

_PARTS = {
    "name": "姓名或名称", "phone": "联系电话", "address": "联系地址", "id_number": "证件号码",
    "id_kind": "证件类型", "kind": "类型",
}  # fmt: skip
_ROLES = {"applicant": "申请人", "agent": "代理人"}


def place_name(path: str, item: Item | None) -> str:
    """What the corrected place is called on the list or the form; its id where nothing names it."""
    role, _, key = path.partition(".")
    if role == "material":
        material = item.material(key) if item is not None else None
        return material.name if material is not None else key
    if role == "form":
        return next((f.label for f in item.fields if f.id == key), key) if item is not None else key
    return f"{_ROLES.get(role, role)}{_PARTS.get(key, key)}"


def amended_words(told: Amendment, item: Item | None) -> str:
    """One line of the story; numbers of persons are masked."""
    was, now = mask_by_path(told.path, told.was), mask_by_path(told.path, told.now)
    by = CONFIRMED_NAMES.get(told.confirmed_by, told.confirmed_by)
    return f"{place_name(told.path, item)}：{was} → {now}（{by}当场更正并签名，不算补正，时限不变）"
