"""Writing out every paper of a case: the notices of its acts and what was taken on trust."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.commands.context import Desk
from app.commands.print_notice import Printed, export_document, papers_of, print_notice
from app.documents.guide import review_sheet
from app.documents.pdf import to_pdfs
from app.queries.cases import read_state
from models.domain.case import CaseState
from models.errors import KnownError
from models.files import write_out
from models.ops import audit

REVIEW = "00-review.docx"


class PapersWritten(msgspec.Struct, frozen=True, kw_only=True):
    """File names in the folder, and the warnings about a hall's own templates."""

    files: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def write_papers(
    desk: Desk,
    case_id: str,
    folder: Path,
    templates: Path | None = None,
    *,
    pdf: bool = False,
    review: bool = False,
) -> PapersWritten:
    """Every paper of the case as .docx, with ``pdf`` also as PDF, numbered in the order of the acts.

    They leave the encrypted store, so each export is audited; file names say nothing of persons.
    ``review``: the 业务手册审查表 too, as the case was reviewed.  Raises KnownError where the case issued none.
    """
    state = read_state(desk, case_id)
    if state is None or not state.notices:
        raise KnownError("这件办件还没有出具过文书。没有写出文件。请先收件或者受理。")
    made: dict[str, Printed] = {}
    for notice in state.notices:
        for paper in papers_of(desk, case_id, notice.op_id):
            kind = paper.partition(":")[0] or notice.kind
            made[f"{len(made) + 1:02d}-{kind}"] = print_notice(desk, case_id, notice.op_id, templates, paper)
    converted = to_pdfs({name: printed.data for name, printed in made.items()}) if pdf else {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in converted.items():
            (folder / f"{name}.pdf").write_bytes(data)
    except OSError as error:
        raise KnownError(
            "文书写不进选定的位置。办件和文书都还在本机。请换一个位置或者腾出空间再导出。",
            detail=type(error).__name__,
        ) from error
    for name, printed in made.items():
        export_document(desk, printed.document_id, folder / f"{name}.docx")
    reviewed = _write_review(desk, state, folder) if review else []
    files = reviewed + [f"{name}.docx" for name in made] + [f"{name}.pdf" for name in converted]
    warnings = tuple(dict.fromkeys(p.warning for p in made.values() if p.warning))
    return PapersWritten(files=tuple(sorted(files)), warnings=warnings)


def _write_review(desk: Desk, state: CaseState, folder: Path) -> list[str]:
    """The review sheet of the case; it leaves the encrypted store, so it is audited."""
    with desk.store.read() as conn:
        catalog = desk.rulebook.catalog(conn, state.catalog_version)
        item = desk.rulebook.item(conn, state.catalog_version, state.item_id)
    if catalog is None or item is None:
        raise KnownError("本机没有这件办件所用的目录版本，审查表没有写出，文书已经写出。请联网同步后再试。")
    try:
        write_out(folder / REVIEW, review_sheet(item, catalog, state))
    except OSError as error:
        raise KnownError(
            "审查表写不进选定的位置，文书已经写出。请换一个位置或者腾出空间再导出。",
            detail=type(error).__name__,
        ) from error
    with desk.store.write() as conn:
        now = desk.clock.now().wall_ms
        audit(conn, at_ms=now, staff=desk.lease.staff, act="export", case_id=state.case_id, detail=REVIEW)
    return [REVIEW]
