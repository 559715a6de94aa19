"""Writing out every paper of a case: the notices of its acts and what was taken on trust."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.commands.context import Desk
from app.commands.print_notice import Printed, export_document, papers_of, print_notice
from app.documents.pdf import to_pdfs
from app.queries.cases import read_state
from models.errors import KnownError


class PapersWritten(msgspec.Struct, frozen=True, kw_only=True):
    """File names in the folder, and the warnings about a hall's own templates."""

    files: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def write_papers(
    desk: Desk, case_id: str, folder: Path, templates: Path | None = None, *, pdf: bool = False
) -> PapersWritten:
    """Every paper of the case as .docx, with ``pdf`` also as PDF, numbered in the order of the acts.

    They leave the encrypted store, so each export is audited; file names say nothing of persons.
    Raises KnownError where the case issued none.
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
    files = [f"{name}.docx" for name in made] + [f"{name}.pdf" for name in converted]
    warnings = tuple(dict.fromkeys(p.warning for p in made.values() if p.warning))
    return PapersWritten(files=tuple(sorted(files)), warnings=warnings)
