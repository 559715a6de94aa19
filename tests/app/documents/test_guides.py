"""Guides, flow charts and review sheets, from the demo catalogue and from items made up to be awkward."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import numpy as np
import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.commands.guides import write_guides
from app.documents.flow import flow_chart, flow_sums, stage_note, sums_text
from app.documents.guide import guide_payload, limit_text, review_sheet, service_guide
from app.documents.pdf import converter, to_pdf
from devices.codes.meaning import CodeKind, meanings
from devices.codes.picture import codes_in
from models.domain.catalog import Catalog, DayLimit, Item, Material, Stage
from models.domain.checklist import GENERAL_POINTS, general_points
from models.errors import KnownError
from tests.app.test_documents import text_of
from tests.desk_kit import catalog, item

STAGES = st.lists(
    st.builds(
        Stage,
        id=st.just("S"),
        name=st.text("受理审查<&>", min_size=1, max_size=30),
        workdays=st.none() | st.integers(0, 30),
        role=st.text("岗<", max_size=5),
        counted=st.booleans(),
    ),
    max_size=8,
)
LIMITS = st.builds(DayLimit, days=st.none() | st.integers(0, 60), approximate=st.booleans())


def drawn(of: Item) -> list[str]:
    return [node.text or "" for node in ET.fromstring(flow_chart(of)).iter() if node.tag.endswith("text")]


@given(STAGES, LIMITS)
def test_a_chart_is_whole_for_any_stages_and_its_sum_is_honest(
    stages: list[Stage], promised: DayLimit
) -> None:
    of = Item(id="X", name="样例", stages=tuple(stages), promised=promised)
    sums = flow_sums(of)
    told = [s.workdays for s in stages if s.counted and s.workdays is not None]
    assert sums.days == sum(told)
    assert (sums.fits is False) == (promised.binding and sum(told) > (promised.days or 0))
    assert ("超过了承诺时限" in sums_text(of)) == (sums.fits is False)
    if promised.approximate and promised.days:
        assert f"承诺时限 {promised.days} " not in sums_text(of)
    whole = "".join(drawn(of))
    assert whole.endswith(sums_text(of))
    assert all(stage.name in whole and stage_note(stage) in whole for stage in stages)


def test_the_background_is_as_large_as_the_picture() -> None:
    picture = ET.fromstring(flow_chart(item("TZ009")))
    ground = picture[0]
    assert (ground.get("width"), ground.get("height")) == (picture.get("width"), picture.get("height"))


def test_changing_a_stage_redraws_the_chart() -> None:
    of = item("TZ009")
    changed = msgspec.structs.replace(of.stages[0], name="改过的环节", workdays=3)
    other = msgspec.structs.replace(of, stages=(changed, *of.stages[1:]))
    assert flow_chart(of) == flow_chart(item("TZ009"))
    assert "改过的环节" in drawn(other)
    assert "改过的环节" not in drawn(of)
    assert "改过的环节" in text_of(service_guide(other, catalog()))


def test_no_demo_item_promises_less_than_its_stages_take() -> None:
    assert [i.id for i in catalog().items if flow_sums(i).fits is False] == []


@pytest.mark.parametrize("item_id", ["TZ009", "BD001"])
def test_a_guide_says_everything_the_catalogue_says(item_id: str) -> None:
    of = msgspec.structs.replace(item(item_id), detail_rule="样例实施细则第三条")
    text = text_of(service_guide(of, catalog()))
    wanted = [
        of.name,
        of.id,
        *of.basis,
        *of.conditions,
        of.result,
        of.address,
        of.hours,
        of.consult,
        of.complaint,
        of.detail_rule,
    ]
    wanted += [m.name for m in of.materials]
    wanted += [stage.name for stage in of.stages] + [sums_text(of), catalog().version]
    wanted += [part for fee in of.fees for part in (fee.name, fee.standard, fee.basis, fee.relief)]
    wanted += [part for answer in of.answers for part in (answer.question, answer.answer)]
    assert [one for one in wanted if one not in text] == []


def test_an_approximate_limit_is_never_shown_as_law() -> None:
    of = item("SH006")
    assert of.legal.approximate
    assert limit_text(of.legal) == "以实施清单公布为准"
    assert "以实施清单公布为准" in text_of(service_guide(of, catalog()))


def test_the_guide_tells_the_blank_from_the_sample() -> None:
    papers = (
        Material(id="M1", name="申请表", blank="甲.docx", sample="乙.docx"),
        Material(id="M2", name="合同", sample="丙.pdf"),
    )
    text = text_of(service_guide(Item(id="X", name="样例", materials=papers), Catalog(version="v1")))
    rows = [line for line in text.split("\n") if line in ("空白表、样表", "样表", "空白表")]
    assert rows == ["空白表、样表", "空白表、样表", "样表"]  # the heading of the column, then each material
    assert ".docx" not in text  # the names of files are the hall's own


def test_a_bare_item_still_gives_a_guide() -> None:
    text = text_of(service_guide(Item(id="X", name="样例"), Catalog(version="v1")))
    assert "清单没有写明环节" in text
    assert "不收费" in text


def test_the_code_names_item_and_version_only() -> None:
    assert guide_payload(item("TZ009"), "2026.11.23-r0001") == "THBG1|TZ009|2026.11.23-r0001"
    assert len(Document(io.BytesIO(service_guide(item("TZ009"), catalog()))).inline_shapes) == 1


def test_the_printed_code_reads_as_item_and_version() -> None:
    """What a scanner sees on the paper is the item and the version that the screen shows."""
    of, whole = item("TZ009"), catalog()
    guide = Document(io.BytesIO(service_guide(of, whole)))
    pictures = [part for part in guide.part.package.image_parts if part.content_type == "image/png"]
    read = [
        text
        for one in pictures
        for text in codes_in(np.asarray(Image.open(io.BytesIO(one.blob)).convert("RGB")))
    ]
    assert read == [guide_payload(of, whole.version)]
    (meant,) = meanings(read[0], dt.date(2026, 11, 23))
    assert (meant.kind, meant.value) == (CodeKind.ITEM, of.id)
    assert f"编码 {of.id}　目录版本 {whole.version}" in text_of(service_guide(of, whole))


def test_a_review_sheet_has_every_point_with_its_basis() -> None:
    of = item("TZ009")
    text = text_of(review_sheet(of, catalog()))
    for point in of.points:
        assert point.text in text
        assert point.basis in text
    for general in GENERAL_POINTS:
        assert general.text in text
        assert general.basis in text
    assert text.count("□") == 3 * (len(of.points) + len(GENERAL_POINTS))


def test_a_review_sheet_cites_the_law_of_permits_for_permits_only() -> None:
    for of in catalog().items:
        if of.power_type != "行政许可":
            bare = msgspec.structs.replace(of, basis=(), points=())
            text = text_of(review_sheet(bare, catalog()))
            assert GENERAL_POINTS[0].text in text
            assert "行政许可法" not in text
            assert not any("行政许可法" in p.basis for p in general_points(of))
            break


def test_no_heading_of_a_review_sheet_stands_alone_at_the_foot_of_a_page() -> None:
    sheet = Document(io.BytesIO(review_sheet(item("SC009"), catalog())))
    told = [p for p in sheet.paragraphs if p.text.startswith("受理标准")]
    assert told
    assert all(p.paragraph_format.keep_with_next for p in told)
    first = sheet.tables[1].rows[0].cells[0].paragraphs[0]
    assert first.paragraph_format.keep_with_next


def test_a_point_of_a_material_that_is_gone_is_kept_with_the_application() -> None:
    of = item("TZ009")
    stray = msgspec.structs.replace(of.points[0], material="gone", text="无主的要点")
    text = text_of(review_sheet(msgspec.structs.replace(of, points=(stray,)), catalog()))
    assert "无主的要点" in text


def test_all_are_written_and_a_strange_code_or_place_is_told(tmp_path: Path) -> None:
    few = msgspec.structs.replace(catalog(), items=catalog().items[:3])
    odd = msgspec.structs.replace(few.items[0], id="../X/1")
    few = msgspec.structs.replace(few, items=(odd, *few.items[1:]))
    done = write_guides(few, tmp_path / "out")
    assert done.items == 3
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == list(done.files)
    assert len(done.files) == 6
    with pytest.raises(KnownError, match="没有编码"):
        write_guides(few, tmp_path / "none", item_id="nothing")
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(KnownError, match="换一个位置"):
        write_guides(few, tmp_path / "file", item_id=few.items[1].id)


def test_codes_that_look_alike_as_file_names_do_not_overwrite_each_other(tmp_path: Path) -> None:
    base = catalog().items[0]
    both = tuple(msgspec.structs.replace(base, id=code) for code in ("A/1", "A_1"))
    done = write_guides(msgspec.structs.replace(catalog(), items=both), tmp_path)
    assert len(done.files) == 4


def test_without_libreoffice_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(KnownError, match="没有装 LibreOffice"):
        to_pdf(b"x")


@pytest.mark.skipif(converter() is None, reason="needs LibreOffice")
def test_a_pdf_comes_out_and_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = to_pdf(service_guide(item("TZ009"), catalog()))
    assert made.startswith(b"%PDF")
    assert list(tmp_path.iterdir()) == []


def test_a_converter_that_gives_up_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    (tmp_path / "bin").mkdir()
    (tmp_path / "work").mkdir()
    program = tmp_path / "bin" / "soffice"
    program.write_text(f'#!/bin/sh\n/usr/bin/stat -c %a "{tmp_path}/"work/* > "{tmp_path}/mode"\nexit 1\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "work"))
    with pytest.raises(KnownError, match="没有改动"):
        to_pdf(b"x")
    assert (tmp_path / "mode").read_text().strip() == "700"
    assert list((tmp_path / "work").iterdir()) == []
