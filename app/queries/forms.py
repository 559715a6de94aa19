"""Which blank forms and samples an item has, and which of them can be opened without the hub."""

from __future__ import annotations

import msgspec

from app.commands.context import Desk
from models.domain.forms import FormFile, NamedForm, named_forms
from sync.forms import held_list

HERE, AT_HUB, NOWHERE = "here", "hub", "none"
WORDS = {HERE: "在本机，断网也能打印", AT_HUB: "在中心，联网后自动取来", NOWHERE: "中心还没有这份文件"}


class FormRow(msgspec.Struct, frozen=True, kw_only=True):
    """``place``: here, at the hub, or nowhere (the catalogue names a file that nobody has added)."""

    name: str
    kind: str
    material: str
    material_name: str
    place: str
    size: int = 0
    media: str = ""
    sha256: str = ""

    @property
    def words(self) -> str:
        """Where the file is, for a clerk."""
        return WORDS[self.place]


def read_forms(desk: Desk, item_id: str = "") -> list[FormRow]:
    """What the materials of an item (of every item) of the catalogue in force name; a name once an item."""
    with desk.store.read() as conn:
        files = {file.name: file for file in held_list(conn).files}
        catalog = desk.rulebook.catalog(conn, desk.rulebook.current_version(conn))
    here = desk.forms.names()
    rows: list[FormRow] = []
    for item in catalog.items if catalog is not None else ():
        if item_id in ("", item.id):
            rows += [_row(form, files.get(form.name), here) for form in named_forms(item)]
    return list({(row.name, row.material, row.kind): row for row in rows}.values())


def find_form(desk: Desk, name: str) -> FormFile | None:
    """The listed file of that name."""
    with desk.store.read() as conn:
        return next((file for file in held_list(conn).files if file.name == name), None)


def _row(form: NamedForm, file: FormFile | None, here: set[str]) -> FormRow:
    facts = msgspec.structs.asdict(form)
    if file is None:
        return FormRow(place=NOWHERE, **facts)
    place = HERE if file.sha256 in here else AT_HUB
    return FormRow(place=place, size=file.size, media=file.media, sha256=file.sha256, **facts)
