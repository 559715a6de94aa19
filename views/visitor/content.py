"""What the second screen says, without Qt: only of the case that is open, in words for the visitor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import msgspec

from app.documents.context import qr_payload
from app.queries.bundles import SetState
from models.domain.case import CaseState, Notice, Receipt
from models.domain.catalog import Item
from models.domain.checklist import Gap
from models.domain.fields import mask_value
from models.domain.ids import ID_KIND_NAMES, IdKind, mask_id, mask_phone, mask_uscc
from models.domain.numbers import group_number
from models.domain.ops import OpKind
from models.domain.workdays import day_cn
from views.bundle.sheet import SetSheet
from views.workbench.sheet import STEP_KEYS, Sheet

STEP_WORDS = ("核对身份", "了解情况", "填写表单", "收取材料", "审查材料", "受理")
MOST_LINES = 6
_TITLES = {
    OpKind.RECEIVE: "已收下您的材料",
    OpKind.ACCEPT: "已受理",
    OpKind.SUPPLEMENT: "还需要您补正材料",
    OpKind.REFUSE: "这件不能受理",
    OpKind.DEFERRAL_DONE: "补交的材料已收下",
    OpKind.DELIVER: "已送达",
}


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """``steps``: (words, done | now | open).  ``wanting`` is what the visitor can still do something about."""

    item: str
    steps: tuple[tuple[str, str], ...]
    wanting: tuple[str, ...]
    more: int = 0


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """One value as it was entered; numbers of persons are masked here too, for others may stand behind."""

    path: str
    name: str
    value: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What has come of the visit.  ``qr`` "" for none."""

    title: str
    item: str
    mark: str
    mark_name: str
    lines: tuple[str, ...]
    qr: str = ""


def progress_of(sheet: Sheet, step: str) -> Progress:
    accepted = bool(sheet.state and sheet.state.accepted_on)
    return _progress(sheet.item.name, sheet.gaps(), step, sheet.get, accepted=accepted)


def progress_of_set(sheet: SetSheet) -> Progress:
    """A 一件事 as one visit: what is still wanted of the visitor, each thing once."""
    gaps = sheet.plan.open_gaps
    now = next((key for key in STEP_KEYS if any(gap.step == key for gap in gaps)), "accept")
    name = f"{sheet.source.bundle.name}（{len(sheet.plan.members)} 项一起办）"
    return _progress(name, gaps, now, sheet.get, accepted=False)


def _progress(
    item: str, gaps: Sequence[Gap], step: str, value: Callable[[str], str], *, accepted: bool
) -> Progress:
    open_steps = {gap.step for gap in gaps}
    steps = []
    for key, words in zip(STEP_KEYS, STEP_WORDS, strict=True):
        done = key not in open_steps and (key != "accept" or accepted)
        steps.append((words, "now" if key == step else "done" if done else "open"))
    wanting = [_asked(value, gap.step, gap.path, gap.label) for gap in gaps]
    told = [line for line in dict.fromkeys(wanting) if line]
    return Progress(
        item=item,
        steps=tuple(steps),
        wanting=tuple(told[:MOST_LINES]),
        more=max(0, len(told) - MOST_LINES),
    )


def _asked(value: Callable[[str], str], step: str, path: str, name: str) -> str:
    if step == "identity":
        return f"请告诉我们：{name}"
    if step == "situation":
        return f"请您选择：{name}"
    if step == "form":
        return f"请告诉我们：{name}"
    if step == "materials":
        poor = value(path) == Receipt.DEFECTIVE
        return f"“{name}”还需要您更正" if poor else f"请出示：{name}"
    return ""  # review points are the office's own work


def check_lines(sheet: Sheet | SetSheet) -> tuple[CheckLine, ...]:
    """Everything entered that the visitor can tell right from wrong, in the order of the form."""
    organisation = sheet.get("applicant.kind") == "organisation"
    found: list[CheckLine] = []
    for role, who in (("applicant", "申请人"), ("agent", "代理人")):
        id_mask = mask_uscc if organisation and role == "applicant" else mask_id
        kind = sheet.get(f"{role}.id_kind")
        id_name = ID_KIND_NAMES[IdKind(kind)] if kind in set(IdKind) else "证件号码"
        for key, name in (
            ("name", who),
            ("id_number", id_name),
            ("phone", "联系电话"),
            ("address", "联系地址"),
        ):
            value = sheet.get(f"{role}.{key}")
            if value:
                shown = (
                    id_mask(value) if key == "id_number" else mask_phone(value) if key == "phone" else value
                )
                name = name if key == "name" or role == "applicant" else f"代理人{name}"
                found.append(CheckLine(path=f"{role}.{key}", name=name, value=shown))
    fields = sheet.form_fields() if isinstance(sheet, Sheet) else [f.field for f in sheet.plan.form.fields]
    for field in fields:
        value = sheet.get(f"form.{field.id}")
        if value:
            unit = f" {field.unit}" if field.unit else ""
            found.append(
                CheckLine(path=f"form.{field.id}", name=field.label, value=mask_value(field, value) + unit)
            )
    return tuple(found)


def result_of(state: CaseState, notice: Notice, item: Item | None) -> Result:
    number = notice.number or state.number
    return Result(
        title=_TITLES.get(OpKind(notice.kind), "已办好"),
        item=state.item_name,
        mark=group_number(number) if number else notice.receipt,
        mark_name="受理编号" if number else "临时收件号",
        lines=tuple(_result_lines(state, notice, item)),
        qr=qr_payload(state, notice),
    )


def result_of_set(done: SetState) -> Result:
    """What came of a 一件事: each member with its own number, or why it is not under way yet."""
    begun = [m for m in done.members if m.number or m.receipt]
    lines = []
    for m in done.members:
        own = group_number(m.number) if m.number else m.receipt
        said = f"受理编号 {own}" if m.number else f"已收件 {own}" if own else m.reason or "前面的办好后接着办"
        lines.append(f"{m.name}：{said}")
    first = begun[0] if begun else None
    return Result(
        title=f"已受理 {done.accepted} 项，共 {len(done.members)} 项",
        item=done.name,
        mark=group_number(first.number) if first is not None and first.number else "",
        mark_name=f"{first.name}的受理编号" if first is not None and first.number else "",
        lines=tuple(lines[:MOST_LINES]),
    )


def _result_lines(state: CaseState, notice: Notice, item: Item | None) -> list[str]:
    if notice.kind == OpKind.SUPPLEMENT:
        return [f"请补：{one.name}（{one.reason}）" for one in notice.missing][:MOST_LINES]
    if notice.kind == OpKind.REFUSE:
        lines = [f"原因：{notice.reason}"]
        return [*lines, f"请到：{notice.redirect}"] if notice.redirect else lines
    lines = []
    due = notice.due_promised or notice.due_legal
    if due:
        lines.append(f"办结不晚于 {day_cn(dt.date.fromisoformat(due))}（次日起算，只计工作日）")
    elif notice.kind == OpKind.ACCEPT and item is not None and item.promised.days == 0:
        lines.append("当场办结")
    owed = [duty for duty in state.duties if duty.open and duty.material and duty.kind == "deferral"]
    lines += [f"请在 {day_cn(dt.date.fromisoformat(one.due))} 前补交：{one.name}" for one in owed]
    if notice.kind in (OpKind.RECEIVE, OpKind.ACCEPT):
        lines.append("领取结果时请带身份证件和这份通知书")
    return lines
