"""A printed notice cites 行政许可法 for a permit and for nothing else."""

from __future__ import annotations

import pytest

from models.domain.catalog import Domain, Item
from models.domain.notice_basis import notice_basis, set_basis, silence_rule
from models.domain.ops import OpKind, RefusalClause
from tests.desk_kit import catalog, item

KINDS = (OpKind.RECEIVE, OpKind.ACCEPT, OpKind.SUPPLEMENT, OpKind.REFUSE)
PERMIT, TITLE, INSURED = item("TZ004"), item("BD003"), item("SB001")


@pytest.mark.parametrize("of", catalog().items, ids=lambda of: of.id)
def test_the_law_of_permits_is_named_for_permits_only(of: Item) -> None:
    told = [notice_basis(of, kind, clause) for kind in KINDS for clause in ("", *RefusalClause)]
    told += [silence_rule(of), set_basis([of])]
    assert all(told)
    named = ["行政许可法" in text for text in told]
    if of.power_type == "行政许可":
        assert all(named)
    else:
        assert not any(named) or any("行政许可法" in basis for basis in of.basis)


def test_each_act_has_its_own_article() -> None:
    assert notice_basis(PERMIT, OpKind.ACCEPT).endswith("第三十二条第一款第（五）项")
    assert notice_basis(PERMIT, OpKind.SUPPLEMENT).endswith("第一款第（四）项")
    assert notice_basis(PERMIT, OpKind.REFUSE, RefusalClause.NOT_COMPETENT).endswith("第一款第（二）项")
    assert notice_basis(PERMIT, OpKind.REFUSE, RefusalClause.NOT_ELIGIBLE).endswith("第三十二条")


def test_who_registers_real_estate_says_on_the_spot_what_is_missing() -> None:
    assert TITLE.domain is Domain.REAL_ESTATE
    assert notice_basis(TITLE, OpKind.ACCEPT) == "《不动产登记暂行条例》"
    assert "当场" in silence_rule(TITLE)
    assert "五个工作日" not in silence_rule(TITLE)
    assert silence_rule(INSURED).startswith("材料不齐全")


def test_a_set_of_both_kinds_tells_them_apart() -> None:
    assert set_basis([PERMIT]) == "《中华人民共和国行政许可法》第三十二条、第四十二条"
    assert set_basis([PERMIT, INSURED]).startswith("各事项实施清单（行政许可事项")
    assert "许可" not in set_basis([TITLE, INSURED])
