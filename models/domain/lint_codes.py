"""The code rules of domain facts §2.1 over a whole catalogue."""

from __future__ import annotations

from collections import Counter

from models.domain.catalog import Catalog
from models.domain.findings import WARNING, Finding, Findings, error, warning
from models.domain.item_codes import BASE, HANDLE, SHARED, TASK, base_code, code_doubts

# What lists write where an item has no 主项.
_NO_PARENT = frozenset(("", "未分类", "未归类", "其他", "无", "/", "-"))


def each_code(catalog: Catalog) -> Findings:
    """Length, USCC check digit, 行使层级 against 区划 (only a warning), 地区 prefix, 类型."""
    divisions = {one.id: one.division for one in catalog.departments}
    for item in catalog.items:
        named = (
            ("", item.national_code, 0),
            ("实施编码：", item.listing.task_code, TASK),
            ("基本编码：", item.listing.catalog_code, BASE),
        )
        for what, code, length in named:
            if code and length and len(code) != length:
                yield error("code-length", item, f"{what}长 {len(code)} 位，应当是 {length} 位")
                continue
            for doubt in (
                code_doubts(code, item.power_type, divisions.get(item.department, "")) if code else ()
            ):
                tell = error if doubt.sure else warning
                yield tell(doubt.rule, item, what + doubt.sentence)


def agreeing(catalog: Catalog) -> Findings:
    """业务办理项编码 begins with the 实施编码 of its row, and that ends with the 基本编码."""
    for item in catalog.items:
        listing = item.listing
        task = item.national_code[:TASK] if len(item.national_code) == HANDLE else ""
        if task and listing.task_code and task != listing.task_code:
            yield error("code-differs", item, "业务办理项编码的前 31 位不是同一行的实施编码")
        longest = listing.task_code or item.national_code
        if (
            listing.catalog_code
            and len(longest) > BASE
            and base_code(longest) not in ("", listing.catalog_code)
        ):
            yield error("code-differs", item, "实施编码的后 12 位不是同一行的基本编码")


def tasks(catalog: Catalog) -> Findings:
    """A 33-digit code begins with a 31-digit one of the list; checked where the list has any."""
    codes = (code for item in catalog.items for code in (item.national_code, item.listing.task_code))
    known = {code for code in codes if len(code) == TASK}
    handles = [item for item in catalog.items if len(item.national_code) == HANDLE]
    if handles and not known:
        reason = "目录里没有 31 位实施编码，没有核对 33 位编码的前 31 位"
        yield Finding(rule="code-task-unchecked", severity=WARNING, sentence=reason)
        return
    for item in handles:
        if item.national_code[:TASK] not in known:
            reason = "33 位编码的前 31 位不是目录里的实施编码"
            yield error("code-task", item, reason)


def siblings(catalog: Catalog) -> Findings:
    """Children of one 主项 share the first nine characters of their 基本编码 (so far as known)."""
    families: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for place, item in enumerate(catalog.items):
        if (base := base_code(item.national_code)) and item.parent not in _NO_PARENT:
            families.setdefault((item.department, item.parent), []).append((base[:SHARED], place))
    for (_, parent), children in families.items():
        usual, _ = Counter(start for start, _ in children).most_common(1)[0]
        for start, place in children:
            if start != usual:
                reason = f"基本编码前 {SHARED} 位是 {start}，同属主项“{parent}”的其他办理项是 {usual}"
                yield warning("code-siblings", catalog.items[place], reason)


def repeated(catalog: Catalog) -> Findings:
    """Item ids are unique; a 事项编码 that several items have is only a doubt (real lists have them)."""
    ids = Counter(item.id for item in catalog.items)
    codes = Counter(item.national_code for item in catalog.items if item.national_code)
    for item in catalog.items:
        if ids[item.id] > 1:
            yield error("id-repeated", item, f"标识“{item.id}”有 {ids[item.id]} 个办理项")
        if codes[item.national_code] > 1:
            reason = f"事项编码“{item.national_code}”有 {codes[item.national_code]} 个办理项"
            yield warning("code-repeated", item, reason)


RULES = (repeated, each_code, agreeing, tasks, siblings)
