"""The flow chart of an item, drawn from its 环节: a changed 环节 is a changed chart."""

from __future__ import annotations

from xml.sax.saxutils import escape

import msgspec

from models.domain.catalog import Item, Stage

_WIDTH, _GAP, _LEFT = 520, 30, 60
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
    """The chart as an SVG picture; an item without 环节 gives a chart of one box that says so.

    Long texts go on over several lines: what a 环节 says may be law and is never cut.
    """
    boxes = [(s.name, stage_note(s), s.counted) for s in item.stages] or [("清单没有写明环节", "", True)]
    middle, inner = _WIDTH // 2, _WIDTH - 2 * _LEFT
    drawn: list[str] = []
    top = 8
    for place, (name, note, counted) in enumerate(boxes):
        lines = [(line, 17, 24) for line in _wrap(name, 21)] + [(line, 13, 19) for line in _wrap(note, 28)]
        tall = sum(height for _, _, height in lines) + 12
        dash = "" if counted else ' stroke-dasharray="6 4"'
        drawn.append(
            f'<rect x="{_LEFT}" y="{top}" width="{inner}" height="{tall}" rx="4" fill="#fff" '
            f'stroke="#222" stroke-width="1.5"{dash}/>'
        )
        y = top + 2
        for line, size, height in lines:
            y += height
            drawn.append(_line(line, middle, y, size))
        top += tall
        if place + 1 < len(boxes):
            drawn.append(
                f'<path d="M{middle} {top}V{top + _GAP - 7}" stroke="#222" stroke-width="1.5"/>'
                f'<path d="M{middle - 5} {top + _GAP - 8}h10l-5 8z" fill="#222"/>'
            )
            top += _GAP
    for line in _wrap(sums_text(item), 36):
        top += 21
        drawn.append(_line(line, middle, top, 13))
    height = top + 14
    # A background in numbers: readers of small SVG do not know "100%".
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="{_FONTS}" text-anchor="middle">'
        f'<rect x="0" y="0" width="{_WIDTH}" height="{height}" fill="#fff"/>'
    )
    return f"{head}{''.join(drawn)}</svg>".encode()


def _line(text: str, x: int, y: int, size: int) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}">{escape(text)}</text>'


def _wrap(text: str, most: int) -> list[str]:
    return [text[at : at + most] for at in range(0, len(text), most)]
