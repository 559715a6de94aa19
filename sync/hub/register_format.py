"""The registers a hall keeps beside its intake catalogue: their columns, and what each cell must be.

A register only counts; nothing in it can be taken in at a window.  企业名单 travels to the desks with the
directory.  A register is one CSV named as here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from models.domain.catalog import DOMAIN_NAMES
from models.domain.item_codes import valid_uscc

YES_NO = ("是", "否", "")
TRANSFER_WORDS = ("许可", "关联", "收费", "")
_DOMAIN_WORDS = frozenset(DOMAIN_NAMES.values())

Values = Mapping[str, str]
# A row that is well-formed cell by cell → (column, reason) for each thing wrong with it as a whole.
Check = Callable[[Values], list[tuple[str, str]]]


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """``key`` is the column that names a row; ``refers``: column → the register whose key it must be."""

    name: str
    key: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = {}
    refers: Mapping[str, str] = {}
    check: Check

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.key, *self.required, *self.optional)


def _matter(row: Values) -> list[tuple[str, str]]:
    wrong = _known_domain(row["领域"], "领域")
    if row["划转"] and not row["原部门"]:
        wrong.append(("原部门", "写了划转，没有写原部门"))
    if row["原部门"] and not row["划转"]:
        wrong.append(("划转", "写了原部门，没有写划转的种类（许可、关联、收费）"))
    return wrong


def _delegated(row: Values) -> list[tuple[str, str]]:
    number = row["数量"]
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= 9999):
        return [("数量", f"“{number[:20]}”不是 1 到 9999 的整数")]
    return []


def _person(row: Values) -> list[tuple[str, str]]:
    skills = [skill.strip() for skill in row["技能"].split("|")]
    return [one for skill in skills for one in _known_domain(skill, "技能")]


def _known_domain(word: str, column: str) -> list[tuple[str, str]]:
    if word in _DOMAIN_WORDS:
        return []
    return [(column, f"“{word[:20]}”不是领域（{'、'.join(DOMAIN_NAMES.values())}）")]


def _nothing(row: Values) -> list[tuple[str, str]]:
    return []


def _enterprise(row: Values) -> list[tuple[str, str]]:
    if valid_uscc(row["统一社会信用代码"]):
        return []
    return [("统一社会信用代码", "不是有效的统一社会信用代码（校验位不对）")]


MATTERS, ENTRIES, DELEGATED = "事项登记", "办理项登记", "下放登记"
DEPARTMENTS, STAFF = "部门登记", "人员登记"
ENTERPRISES = "企业名单"
DEMO = "演示数据"
_DEMO_WORDS = {DEMO: YES_NO}

# In an order in which a register comes after those it refers to.
REGISTERS: Mapping[str, Register] = {
    one.name: one
    for one in (
        Register(
            name=DEPARTMENTS, key="部门编号", required=("部门名称",), optional=(DEMO,),
            words=_DEMO_WORDS, check=_nothing,
        ),
        Register(
            name=STAFF, key="工号", required=("姓名", "部门编号", "技能"), optional=("窗口", DEMO),
            words=_DEMO_WORDS, refers={"部门编号": DEPARTMENTS}, check=_person,
        ),
        Register(
            name=MATTERS, key="事项编号", required=("事项名称", "领域", "部门"),
            optional=("划转", "原部门", DEMO), words=_DEMO_WORDS | {"划转": TRANSFER_WORDS}, check=_matter,
        ),
        Register(
            name=ENTRIES, key="登记编号", required=("事项编号", "办理项名称"),
            optional=("办理项标识", "服务指南", DEMO), words=_DEMO_WORDS | {"服务指南": YES_NO},
            refers={"事项编号": MATTERS}, check=_nothing,
        ),
        Register(
            name=DELEGATED, key="登记编号", required=("受托区划", "原部门", "数量"), optional=(DEMO,),
            words=_DEMO_WORDS, check=_delegated,
        ),
        Register(
            name=ENTERPRISES, key="统一社会信用代码", required=("企业名称", "名单"), optional=(DEMO,),
            words=_DEMO_WORDS, check=_enterprise,
        ),
    )
}  # fmt: skip
