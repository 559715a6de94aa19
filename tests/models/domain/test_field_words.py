"""Paths and values of a case in the words of the window: no code of the program is shown to a clerk."""

from __future__ import annotations

import pytest

from models.domain.case import PointMark, Receipt
from models.domain.catalog import Field, Item, Material, Option, Question, ReviewPoint
from models.domain.field_words import path_words, value_of_words, value_words
from models.domain.ids import IdKind

ITEM = Item(
    id="S1",
    name="样例事项",
    fields=(Field(id="f1", label="经营面积"),),
    questions=(Question(id="q1", text="店面是租的还是自有", options=(Option(id="rent", label="租的"),)),),
    materials=(Material(id="M1", name="身份证"), Material(id="M2.b", name="房产证明")),
    points=(ReviewPoint(id="P1", text="证件在有效期内"),),
)


@pytest.mark.parametrize(
    ("path", "value", "name", "words"),
    [
        ("applicant.kind", "organisation", "申请人类型", "法人或其他组织"),
        ("applicant.id_kind", IdKind.PASSPORT.value, "证件类型", "护照"),
        ("applicant.phone", "13800000000", "联系电话", "13800000000"),
        ("form.f1", "80", "经营面积", "80"),
        ("form.住所", "样例路", "住所", "样例路"),
        ("answer.q1", "rent", "店面是租的还是自有", "租的"),
        ("material.M1", Receipt.SCAN.value, "身份证", "高拍扫描"),
        ("material.M2.b", Receipt.PAPER.value, "房产证明", "纸质收取"),
        ("material.M1.copies", "2", "身份证的份数", "2"),
        ("material.M1.note", "paper", "身份证的说明", "paper"),  # written by a clerk, no code
        ("point.P1", PointMark.FAIL.value, "证件在有效期内", "不符合"),
        ("point.P1.note", "过期", "证件在有效期内的说明", "过期"),
        ("other.sample.number", "X1", "部门系统的编号", "X1"),
        ("service.agency", "yes", "代办", "是"),
        ("a path of 2031", "v", "a path of 2031", "v"),
    ],
)
def test_a_path_and_its_value_have_words(path: str, value: str, name: str, words: str) -> None:
    assert path_words(path, ITEM) == name
    assert value_words(path, value, ITEM) == words
    assert value_of_words(path, words, ITEM) == value


@pytest.mark.parametrize("kind", [Receipt, PointMark])
def test_every_code_has_words(kind: type[Receipt] | type[PointMark]) -> None:
    path = "material.M1" if kind is Receipt else "point.P1"
    assert [one for one in kind if value_words(path, one.value).isascii()] == []


def test_without_the_item_the_code_of_the_list_is_left() -> None:
    assert path_words("material.M1") == "M1"
    assert value_words("material.M1", "scan") == "高拍扫描"
