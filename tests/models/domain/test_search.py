"""Finding an item by whatever the clerk types: words, pinyin, initials, codes; best first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, pinyin

from models.domain.search import Hit, SearchEntry, SearchIndex, initials

NAMES = [
    "食品经营许可新办",
    "食品生产许可",
    "公司设立登记",
    "重新登记",
    "银行开户核准",
    "长期护理保险申请",
    "西安路占道审批",
    "单安项目备案",
    "GSP认证",
    "药品经营许可证（零售）核发",
]
INDEX = SearchIndex(
    SearchEntry(
        id=name,
        name=name,
        parent="食品药品" if "药" in name else "",
        code=f"11370900MB2844944{n}3370118009004{n:02d}",
        department="样例行政审批局" if n % 2 else "样例市场监管局",
        note="先建后验实施细则" if n == 4 else "",
    )
    for n, name in enumerate(NAMES)
)


def _found(query: str) -> list[str]:
    return [hit.id for hit in INDEX.find(query)]


def _only(*names: str, query: str) -> list[Hit]:
    return SearchIndex(SearchEntry(id=name, name=name) for name in names).find(query)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("公司设立", "公司设立登记"),
        ("设立", "公司设立登记"),
        ("gssldj", "公司设立登记"),
        ("GSSLDJ", "公司设立登记"),
        ("ｇｓｓｌ", "公司设立登记"),
        ("gongsishe", "公司设立登记"),
        ("gongsish", "公司设立登记"),
        ("gong'si'she", "公司设立登记"),
        ("sheli", "公司设立登记"),
        ("gsprz", "GSP认证"),
        ("gsp", "GSP认证"),
        # 多音字: every reading counts.
        ("chongxin", "重新登记"),
        ("zhongxin", "重新登记"),
        ("cxdj", "重新登记"),
        ("zxdj", "重新登记"),
        ("yinhang", "银行开户核准"),
        ("yhkh", "银行开户核准"),
        ("changqi", "长期护理保险申请"),
        ("cqhl", "长期护理保险申请"),
        # xian is one syllable and two; the second "an" counts, not the one inside "dan".
        ("xianlu", "西安路占道审批"),
        ("xi'an", "西安路占道审批"),
        ("anxiangmu", "单安项目备案"),
        ("许可证（零售）", "药品经营许可证（零售）核发"),
        ("许可证(零售)", "药品经营许可证（零售）核发"),
        ("许可证零售核发", "药品经营许可证（零售）核发"),
        ("ypjyxkzlshf", "药品经营许可证（零售）核发"),
        ("yaopinjingyingxukezhengling", "药品经营许可证（零售）核发"),
        ("lshf", "药品经营许可证（零售）核发"),
    ],
)
def test_what_is_typed_finds_the_item(query: str, name: str) -> None:
    assert _found(query)[:1] == [name]


def test_the_start_of_the_name_comes_first_then_initials_then_inside_then_the_parent() -> None:
    names = ["食品经营许可新办", "食品生产许可", "药品经营许可证（零售）核发"]
    assert _found("食品") == ["食品生产许可", "食品经营许可新办", "药品经营许可证（零售）核发"]
    assert _found("经营许可") == [names[0], names[2]]
    hits = _only("an审核", "案例", "审核an", "大安", query="an")
    assert [hit.id for hit in hits] == ["an审核", "案例", "审核an", "大安"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_shorter_names_come_first_among_equals() -> None:
    assert [h.id for h in _only("许可证延续办理", "许可证", "许可证变更", query="xkz")] == [
        "许可证",
        "许可证变更",
        "许可证延续办理",
    ]


def test_all_words_must_match() -> None:
    assert _found("食品 许可") == ["食品生产许可", "食品经营许可新办", "药品经营许可证（零售）核发"]
    assert _found("sp xinban") == ["食品经营许可新办"]
    assert _found("食品 登记") == []


def test_a_department_finds_its_items() -> None:
    assert set(_found("行政审批局")) == set(NAMES[1::2])


def test_the_detail_rule_of_an_item_finds_it() -> None:
    assert _found("先建后验") == [NAMES[4]]


def test_codes_by_head_tail_and_middle() -> None:
    assert _found("11370900MB28449444")[:1] == [NAMES[4]]
    assert _found("900407")[:1] == [NAMES[7]]
    assert _found("mb28449445")[:1] == [NAMES[5]]
    assert set(_found("3701180090")) == set(NAMES)


def test_a_code_that_occurs_inside_and_at_the_end_counts_as_its_tail() -> None:
    index = SearchIndex(
        [SearchEntry(id="in", name="甲", code="123412"), SearchEntry(id="tail", name="乙", code="912312")]
    )
    assert [(h.id, h.score > 900) for h in index.find("312")] == [("tail", True)]
    assert [h.id for h in SearchIndex([SearchEntry(id="x", name="甲", code="5040040")]).find("040")] == ["x"]


@pytest.mark.parametrize(
    "query", ["", "   ", "　", "'", "zzzz", "不存在的事项", "样" * 1000, "a" * 100_000, "[", ".*", "\\"]
)
def test_nothing_is_found_where_there_is_nothing(query: str) -> None:
    assert _found(query) == []


def test_an_empty_index_finds_nothing() -> None:
    assert SearchIndex([]).find("食品") == []


def test_one_letter_matches_the_start_of_a_name_only() -> None:
    assert set(_found("g")) == {"公司设立登记", "GSP认证"}


def test_the_limit_keeps_the_best() -> None:
    assert INDEX.find("许可", 1) == INDEX.find("许可")[:1]


@pytest.mark.parametrize(
    ("query", "name", "bold"),
    [
        ("经营", "食品经营许可", ["经营"]),
        ("jyxk", "食品经营许可", ["经营许可"]),
        ("jingying", "食品经营许可", ["经营"]),
        ("食品 许可", "食品经营许可", ["食品", "许可"]),
        ("许可 经营", "食品经营许可", ["经营许可"]),
        ("经营许 营许可", "食品经营许可", ["经营许可"]),
        ("yewu", "㐂𠮷业务", ["业务"]),
    ],
)
def test_spans_mark_what_matched(query: str, name: str, bold: list[str]) -> None:
    (hit,) = _only(name, query=query)
    assert [name[start:end] for start, end in hit.spans] == bold


@given(st.sampled_from(NAMES), st.data())
def test_every_part_of_a_name_finds_it(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 2))
    end = data.draw(st.integers(start + 2, len(name)))
    assert name in _found(name[start:end])


@given(st.sampled_from([n for n in NAMES if n.isalpha() and not n.startswith("GSP")]), st.data())
def test_every_reading_of_every_name_finds_it(name: str, data: st.DataObject) -> None:
    heard = [data.draw(st.sampled_from(pinyin(c, style=Style.NORMAL, heteronym=True)[0])) for c in name]
    assert name in _found("".join(heard))
    assert name in _found("".join(part[0] for part in heard))


@given(st.text(max_size=30))
def test_no_query_raises_and_spans_lie_in_the_name(query: str) -> None:
    for hit in INDEX.find(query):
        assert all(0 <= start < end <= len(hit.id) for start, end in hit.spans)


@given(st.lists(st.text(st.characters(exclude_characters="\n"), min_size=1, max_size=12), max_size=6))
def test_any_name_can_be_indexed_and_is_found_whole(names: list[str]) -> None:
    index = SearchIndex(SearchEntry(id=str(n), name=name) for n, name in enumerate(names))
    for n, name in enumerate(names):
        if name.isalpha() and name.isascii():
            assert str(n) in [hit.id for hit in index.find(name)]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("王样例", "wyl"),
        ("单样例", "syl"),  # as a surname it is read shan
        ("曾样例", "zyl"),
        ("单于样", "cyy"),  # 单于 is another surname
        ("单位参保样例公司", "dwcbylgs"),
        ("泰安Abc公司", "taabcgs"),
        ("王𠮷㐂", "w𠮷㐂"),
        ("", ""),
    ],
)
def test_initials_of_names(name: str, letters: str) -> None:
    assert initials(name) == letters
