"""The flow chart of an item, drawn from its 环节: a changed 环节 is a changed chart."""

from __future__ import annotations

from xml.sax.saxutils import escape

import msgspec

from models.domain.catalog import Item, Stage

_WIDTH, _BOX, _GAP, _LEFT = 520, 58, 30, 90
_FONTS = "'FangSong_GB2312','FangSong','Noto Serif CJK SC',serif"


class FlowSums(msgspec.Struct, frozen=True, kw_only=True):
    """The days of the counted 环节 against the promise; ``fits`` is None where one of them is not known."""

    days: int
    unsaid: int  # counted 环节 whose days the list does not say
    promised: int | None
    fits: bool | None


def flow_sums(item: Item) -> FlowSums:
    """Adds the counted 环节.  An approximate promise is no promise and is not compared with."""
    counted = [s for s in item.stages if s.counted]
    days = sum(s.workdays or 0 for s in counted)
    unsaid = sum(s.workdays is None for s in counted)
    promised = item.promised.days if item.promised.binding else None
    if promised is None:
        fits = None
    elif days > promised:
        fits = False  # too long already, whatever the silent ones take
    else:
        fits = None if unsaid else True
    return FlowSums(days=days, unsaid=unsaid, promised=promised, fits=fits)


def sums_text(item: Item) -> str:
    """One sentence about the sum under the chart."""
    sums = flow_sums(item)
    total = f"计入时限的环节合计 {sums.days} 个工作日"
    if sums.unsaid:
        total += f"（另有 {sums.unsaid} 个环节清单没有写明天数）"
    if sums.promised is None:
        return f"{total}；承诺时限以实施清单公布为准。"
    promise = f"承诺时限 {sums.promised} 个工作日" if sums.promised else "承诺当场办结"
    tail = "，环节之和超过了承诺时限，请核对清单" if sums.fits is False else ""
    return f"{total}；{promise}{tail}。"


def stage_note(stage: Stage) -> str:
    """Time, who does it, and a remark, in one line; "" where the list says none of them."""
    if stage.workdays is None:
        time = "" if stage.counted else "不计入时限"
    else:
        time = f"{stage.workdays} 个工作日" if stage.workdays else "当场"
        time += "" if stage.counted else "，不计入时限"
    return "　".join(part for part in (time, stage.role, stage.note) if part)


def flow_chart(item: Item) -> bytes:
    """The chart as an SVG picture; an item without 环节 gives a chart of one box that says so."""
    boxes = [(s.name, stage_note(s), s.counted) for s in item.stages] or [("清单没有写明环节", "", True)]
    height = len(boxes) * (_BOX + _GAP) + 36
    inner = _WIDTH - 2 * _LEFT
    middle = _WIDTH // 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="{_FONTS}" text-anchor="middle">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for place, (name, note, counted) in enumerate(boxes):
        top = 6 + place * (_BOX + _GAP)
        dash = "" if counted else ' stroke-dasharray="6 4"'
        parts.append(
            f'<rect x="{_LEFT}" y="{top}" width="{inner}" height="{_BOX}" rx="4" fill="#fff" '
            f'stroke="#222" stroke-width="1.5"{dash}/>'
        )
        first = top + (_BOX // 2 + 6 if not note else 24)
        parts.append(f'<text x="{middle}" y="{first}" font-size="17">{escape(_clip(name, 18))}</text>')
        if note:
            parts.append(f'<text x="{middle}" y="{top + 46}" font-size="13">{escape(_clip(note, 25))}</text>')
        if place + 1 < len(boxes):
            low = top + _BOX
            parts.append(
                f'<path d="M{middle} {low}V{low + _GAP - 7}" stroke="#222" stroke-width="1.5"/>'
                f'<path d="M{middle - 5} {low + _GAP - 8}h10l-5 8z" fill="#222"/>'
            )
    parts.append(
        f'<text x="{middle}" y="{height - 10}" font-size="13">{escape(sums_text(item))}</text></svg>'
    )
    return "".join(parts).encode()


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
