"""Filling a template.  A hall's own template wins; a broken one is named and the built-in is used."""

from __future__ import annotations

import io
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import segno
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from app.documents.required import SPOILT, missing_tags
from models.errors import KnownError

TITLES: Mapping[str, str] = {
    "receive": "收件凭证",
    "accept": "受理通知书",
    "deem": "受理通知书（视为受理）",
    "supplement": "一次性告知书",
    "refuse": "不予受理通知书",
    "bundle": "综合受理通知书",
    "pause": "特别程序告知书",
    "extend": "延期通知书",
    "grant": "准予决定书",
    "deny": "不予决定书",
    "deliver": "送达回证",
    "defer_promise": "容缺受理承诺书",
    "defer_notice": "容缺受理通知书",
    "commitment": "证明事项告知承诺书",
    "licence_promise": "照后办证承诺书",
    "handover": "材料出库交接单",
    "query": "政务信息查询单",
    "visit": "一并勘验记录表",
}


class BrokenTemplate(KnownError):
    """A hall's own template that cannot be filled; the message names the file and the fault."""


def render(
    kind: str, context: Mapping[str, Any], qr_payload: str, folder: Path | None = None
) -> tuple[bytes, str]:
    """The .docx of a notice, and a warning ("" when there is none).

    ``folder`` may hold the hall's own ``accept.docx`` and so on.  When such a file is broken, or leaves out
    what the document must say, the built-in template is used and the warning says which file and why.
    """
    own = folder / f"{kind}.docx" if folder is not None else None
    if own is not None and own.exists():
        try:
            return _fill_own(kind, own, context, qr_payload), ""
        except BrokenTemplate as error:
            return _fill(_builtin(kind), kind, context, qr_payload), str(error)
    return _fill(_builtin(kind), kind, context, qr_payload), ""


def _fill_own(kind: str, file: Path, context: Mapping[str, Any], qr_payload: str) -> bytes:
    """The hall's template filled; raises BrokenTemplate, also where it leaves out what the document must say."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BrokenTemplate(
            f"文书模板“{file.name}”读不出来，已改用内置模板。办件不受影响。请核对文件和权限。",
            detail=type(error).__name__,
        ) from error
    environment = _Reading(undefined=StrictUndefined, autoescape=True)
    filled = _fill(data, file.name, context, qr_payload, environment)
    for finding in missing_tags(kind, file.name, environment.named):
        raise BrokenTemplate(f"{finding.message}这次已改用内置模板，办件不受影响。")
    return filled


def _builtin(kind: str) -> bytes:
    return files("resources").joinpath("templates", f"{kind}.docx").read_bytes()


class _Reading(SandboxedEnvironment):
    """Keeps the names that a template asks for while it is filled, so that it is parsed once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.named: set[str] = set()

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        self.named |= meta.find_undeclared_variables(tree)
        return tree


def _fill(
    template: bytes,
    name: str,
    context: Mapping[str, Any],
    qr_payload: str,
    environment: SandboxedEnvironment | None = None,
) -> bytes:
    try:
        document = DocxTemplate(io.BytesIO(template))
        values = dict(context)
        values["qr"] = InlineImage(document, _qr(qr_payload), width=Mm(26)) if qr_payload else ""
        code = values.pop("rating_code", "")
        values["rating_qr"] = InlineImage(document, _qr(code), width=Mm(30)) if code else ""
        values.setdefault("rating_text", "")
        # A file from somewhere is data, not program: it gets at the values and nothing else.
        # autoescape: a name with < or & must print as it is; undefined tags are the template's fault.
        environment = environment or SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
        document.render(values, environment, autoescape=True)
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()
    except TemplateError as error:
        raise BrokenTemplate(
            f"文书模板“{name}”有一处填不上（{error.message}），已改用内置模板。办件不受影响。请在 Word 里改正这个模板。"
        ) from error
    except SPOILT as error:
        raise BrokenTemplate(
            f"文书模板“{name}”不是完好的 Word 文件，或者有一处算不出来，已改用内置模板。办件不受影响。请改正或者换一份模板。",
            detail=type(error).__name__,
        ) from error


def _qr(payload: str) -> io.BytesIO:
    image = io.BytesIO()
    segno.make(payload, error="m").save(image, kind="png", scale=8, border=2)
    image.seek(0)
    return image
