"""Demo forms come out of the item's fields, say what they are, and name nobody."""

from __future__ import annotations

import io

import docx
import msgspec
import pytest

from models.domain.catalog import Field, FieldType, Material
from models.errors import KnownError
from sync.hub.database import Hub
from sync.hub.form_check import form_media
from sync.hub.form_maker import MARK, form_docx, make_files, paper_docx
from sync.hub.forms import kept_files
from sync.hub.publish import publish_catalog
from tests.sync.hub.fake_desk import DEPARTMENT, ITEM

FIELDS = (
    Field(id="name", label="申请人姓名", required=True),
    Field(id="id", label="身份证号", type=FieldType.RESIDENT_ID),
    Field(id="kind", label="经营方式", type=FieldType.CHOICE, choices=("零售", "批发")),
)
FORM = Material(id="F1", name="开办申请表", blank="空白.docx", sample="样表.docx")
PAPER = Material(id="F2", name="租赁合同", blank="合同.docx", sample="承诺样表.docx")
SHOP = msgspec.structs.replace(ITEM, fields=FIELDS, materials=(FORM, PAPER))


def cells(data: bytes) -> list[str]:
    return [cell.text for row in docx.Document(io.BytesIO(data)).tables[0].rows for cell in row.cells]


def test_a_blank_asks_and_a_sample_shows() -> None:
    blank, sample = form_docx(SHOP, FORM, filled=False), form_docx(SHOP, FORM, filled=True)
    assert cells(blank) == ["申请人姓名＊", "", "身份证号", "", "经营方式", "□零售　□批发"]
    assert cells(sample)[1::2] == ["（样例）申请人姓名", "000000000000000000", "☑零售　□批发"]
    for data in (blank, sample):
        assert form_media(data).endswith("wordprocessingml.document")
        (section,) = docx.Document(io.BytesIO(data)).sections
        assert section.header.paragraphs[0].text == MARK


def test_another_paper_shows_what_the_list_asks_of_it() -> None:
    paper = msgspec.structs.replace(PAPER, standard=("双方签字",), original=True, copies=2)
    assert cells(paper_docx(SHOP, paper, filled=True)) == ["要交", "原件 2 份", "受理标准", "双方签字"]
    assert cells(paper_docx(SHOP, paper, filled=False))[-2:] == ["内容", ""]


def test_only_what_lacks_a_word_file_is_made(hub: Hub) -> None:
    pdf = msgspec.structs.replace(FORM, sample="样表.pdf")
    publish_catalog(hub, (DEPARTMENT,), (msgspec.structs.replace(SHOP, materials=(pdf, PAPER)),))
    assert [one.name for one in make_files(hub, SHOP.id)] == ["空白.docx", "合同.docx", "承诺样表.docx"]
    assert {one.name for one in kept_files(hub)} == {"空白.docx", "合同.docx", "承诺样表.docx"}
    assert make_files(hub) == []


def test_an_item_that_is_not_there_is_named(hub: Hub) -> None:
    with pytest.raises(KnownError, match="发布"):
        make_files(hub)
    publish_catalog(hub, (DEPARTMENT,), (SHOP,))
    with pytest.raises(KnownError, match="不存在的项"):
        make_files(hub, "不存在的项")
