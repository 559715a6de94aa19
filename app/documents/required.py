"""What each document must contain (domain facts §2.7), and the check of a template against it.

A hall may write its own templates; what the law wants in a notice may not get lost on the way.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from zipfile import BadZipFile

import msgspec
from docx.opc.exceptions import OpcError
from docxtpl import DocxTemplate
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from models.errors import KnownError

_ANY = ("applicant", "item", "mark", "day_cn", "organ")
_OFFICE = ("hall", "window", "staff")

REQUIRED: Mapping[str, tuple[str, ...]] = {
    # 收件凭证: list, date and time, window, agent
    "receive": ("applicant", "agent", "item", "mark", "received", "received_time", "qr", *_OFFICE),
    # 行政许可法 第三十二条第一款第（五）项: date, limits, what does not count, how the result comes
    "accept": (*_ANY, "basis", "accepted_cn", "promised", "legal", "not_counted", "delivery", "qr"),
    # the end of 第（四）项: accepted from the receipt on, by the silence of the office
    "deem": (
        *(*_ANY, "basis", "accepted_cn", "silent_since", "promised", "legal"),
        *("not_counted", "delivery", "qr"),
    ),
    # 第三十二条第一款第（四）项: everything at once, with reason and standard
    "supplement": (*_ANY, "basis", "missing", "supplement_limit", "address", "kept", "qr"),
    # 第三十二条第一款第（一）（二）项: why, which office, remedies
    "refuse": (*_ANY, "basis", "clause", "reason", "redirect", "failed", "remedy", "qr"),
    # 第四十五条: the time needed is told in writing
    "pause": (*_ANY, "title", "procedure", "reason", "later_basis", "workdays", "qr"),
    # 第四十二条: approved, reasons told, the new last day
    "extend": (*_ANY, "approver", "reason", "later_basis", "workdays", "promised", "legal", "qr"),
    "grant": (*_ANY, "permit", "decision_basis", "result", "qr"),
    # a refusal says why, on which review points, and what the applicant can do about it
    "deny": (*_ANY, "permit", "decision_basis", "reason", "failed", "remedy", "qr"),
    # 一件事: each member with its number, state and limits, and what waits for what
    "bundle": (
        "applicant",
        "event",
        "mark",
        "day_cn",
        "organ",
        "basis",
        "members",
        "flagged",
        "received",
        "clock",
        "waiting_rule",
        "any_waiting",
        "count",
        "accepted",
        "qr",
    ),
    "deliver": ("applicant", "item", "mark", "delivered", "recipient", "way", "day_cn", "staff"),
    # 容缺: what is wanting, way and limit of each, the consequence
    "defer_promise": ("applicant", "item", "organ", "deferred_lines", "consequence", "day_cn"),
    "defer_notice": (*_ANY, "deferred_lines", "consequence", "qr"),
    # 国办发〔2020〕42号: obligation, content, manner, consequence
    "commitment": ("applicant", "item", "organ", "obligation", "content", "manner", "consequence", "day_cn"),
    # domain facts §5 row 24: the permit promised after the licence, by when, checked then
    "licence_promise": (
        "applicant",
        "item",
        "organ",
        "obligation",
        "content",
        "licence_due",
        "manner",
        "consequence",
        "day_cn",
    ),
    "handover": (
        "applicant",
        "item",
        "mark",
        "handed",
        "recipient",
        "id_check",
        "way",
        "handed_time",
        "staff",
    ),
    # 一并勘验: one sheet for the members visited together, what to look at for each
    "visit": ("applicant", "event", "mark", "place", "visits", "procedure", "day_cn", "organ", "qr"),
    "query": (
        *("inquirer", "id_check", "purpose", "subject", "source", "results"),
        *("queried_time", "day_cn", "query_number", "hall", "staff"),
    ),
}

# What a template may name beside what it must.
# fmt: off
_COMMON = frozenset((
    "organ", "hall", "window", "staff", "phone", "address", "mark", "mark_label", "provisional",
    "applicant", "agent", "item", "received_cn", "received_time", "accepted_cn", "day_cn", "basis",
    "clause", "reason", "redirect", "failed", "remedy", "supplement_limit", "kept", "received",
    "missing", "promised", "legal", "explanation", "not_counted", "result", "delivery", "fee",
    "deferred", "committed", "qr_text", "qr", "title", "procedure", "workdays", "later_basis",
    "approver", "permit", "decision_basis", "way", "recipient", "delivered", "promise_basis",
    "rating_qr", "rating_text", "silence_rule", "how_complete", "rule_document",
))
# fmt: on


# What a file that is no whole Word document, or a tag that cannot be worked out, makes the libraries raise.
SPOILT = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BadZipFile,
    EOFError,
    LookupError,
    OSError,
    OpcError,
    RuntimeError,
    SyntaxError,  # lxml's too
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of a template: ``unknown`` (a tag nobody fills), ``missing`` (required) or ``broken``."""

    file: str
    fault: str
    tag: str
    message: str


def allowed(kind: str) -> frozenset[str]:
    """The tags that a template of ``kind`` may name."""
    return _COMMON | frozenset(REQUIRED.get(kind, ()))


def check_template(kind: str, name: str, data: bytes) -> list[Finding]:
    """What is wrong with a template; [] when it can be printed and nothing required is left out."""
    try:
        named = DocxTemplate(io.BytesIO(data)).get_undeclared_template_variables(SandboxedEnvironment())
    except TemplateError as error:
        return [
            Finding(
                file=name,
                fault="broken",
                tag=error.message or "",
                message=f"文书模板“{name}”有一处写法不对：{error.message}。请在 Word 里改正。",
            )
        ]
    except SPOILT:
        text = f"文书模板“{name}”不是完好的 Word 文件。请换一份模板。"
        return [Finding(file=name, fault="broken", tag="", message=text)]
    found = [
        Finding(
            file=name,
            fault="unknown",
            tag=tag,
            message=f"文书模板“{name}”里的“{tag}”程序不认识。请改成文书标签表里的标签，或者删去。",
        )
        for tag in sorted(named - allowed(kind))
    ]
    return found + missing_tags(kind, name, named)


def missing_tags(kind: str, name: str, named: Collection[str]) -> list[Finding]:
    """What a template that names these tags leaves out of what the document must say."""
    return [
        Finding(
            file=name,
            fault="missing",
            tag=tag,
            message=f"文书模板“{name}”没有“{tag}”，这一项依规定必须写明。请在 Word 里补上。",
        )
        for tag in REQUIRED[kind]
        if tag not in named
    ]


def check_folder(folder: Path) -> list[Finding]:
    """Every template of a hall's folder; a .docx of a name that no document has is a finding too."""
    if not folder.is_dir():
        raise KnownError(f"没有“{folder}”这个文件夹。没有改动。请核对模板所在的位置。")
    findings: list[Finding] = []
    for path in sorted(folder.glob("*.docx")):
        if path.name.startswith("~$"):  # Word's lock file beside an open document
            continue
        if path.stem in REQUIRED:
            findings += check_template(path.stem, path.name, path.read_bytes())
        else:
            names = "、".join(f"{kind}.docx" for kind in REQUIRED)
            text = f"没有叫“{path.name}”的文书，这个文件不会用到。文件名可以是：{names}。"
            findings.append(Finding(file=path.name, fault="unknown", tag="", message=text))
    return findings
