"""Number leases at the desk: taking the next official number, and when to ask for more.

A number is taken in the transaction of the act that prints it, so a crash loses both or neither.
Blocks are exclusive to this desk; the hub never grants a serial twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, select, update

from models.device import get_meta, set_meta
from models.domain.numbers import make_number
from models.prepared import Prepared, first_of
from models.tables import replica as t
from sync.protocol import BlockGrant

REFILL_AT = 0.5
LOW_WATER = 20

_KEPT = Prepared(select(t.number_use.c.number).where(t.number_use.c.case_id == bindparam("case")))
_BLOCK = Prepared(
    first_of(
        select(t.number_block.c.block_id, t.number_block.c.next)
        .where(
            t.number_block.c.division == bindparam("of"),
            t.number_block.c.year == bindparam("in_year"),
            t.number_block.c.next <= t.number_block.c.last,
        )
        .order_by(t.number_block.c.first)
    )
)
_ADVANCE = Prepared(
    update(t.number_block).where(t.number_block.c.block_id == bindparam("block")).values(next=bindparam("to"))
)
_USE = Prepared(insert(t.number_use))
_LIVE = Prepared(
    select(t.number_block).where(
        t.number_block.c.division == bindparam("of"),
        t.number_block.c.year == bindparam("in_year"),
        t.number_block.c.next <= t.number_block.c.last,
    )
)


def take_number(conn: Connection, division: str, year: int, case_id: str, op_id: str) -> str | None:
    """The next number of ``division`` × ``year``, oldest block first; None when the pool is empty.

    A case keeps the number it once took, also when the act that took it was sent back by the hub.
    """
    kept = _KEPT(conn, case=case_id).scalar()
    if kept is not None:
        return str(kept)
    block = _BLOCK(conn, of=division, in_year=year).first()
    if block is None:
        return None
    number = make_number(division, year, block.next)
    _ADVANCE(conn, block=block.block_id, to=block.next + 1)
    _USE(conn, number=number, block_id=block.block_id, case_id=case_id, op_id=op_id)
    return number


def remaining(conn: Connection, division: str, year: int) -> tuple[int, int]:
    """(left, granted) of the blocks that are not used up; granted is 0 without a live block."""
    blocks = _LIVE(conn, of=division, in_year=year).all()
    return sum(b.last - b.next + 1 for b in blocks), sum(b.last - b.first + 1 for b in blocks)


def wants_refill(left: int, granted: int, stock: int = 0) -> bool:
    """Ask for the next block once half of the stock is used.

    The ``stock`` is what was last :func:`wanted`: of two blocks one is used up and gone, and half of the other
    would be a quarter of it.  ``granted`` counts where nothing was ever asked for.
    """
    return left <= max(LOW_WATER, int(max(granted, stock) * REFILL_AT))


def wanted(conn: Connection, year: int) -> int:
    """How many numbers of ``year`` this desk last wanted to hold; 0 if it never asked."""
    return int(get_meta(conn, _wanted_key(year)) or b"0")


def note_wanted(conn: Connection, year: int, count: int) -> None:
    set_meta(conn, _wanted_key(year), str(count).encode())


def _wanted_key(year: int) -> str:
    return f"numbers_wanted:{year}"


def add_blocks(conn: Connection, blocks: Sequence[BlockGrant]) -> int:
    """Store granted blocks; a block that is already here is left as it stands.  Returns how many numbers are new."""
    known = set(conn.execute(select(t.number_block.c.block_id)).scalars())
    fresh = [b for b in blocks if b.block_id not in known]
    for b in fresh:
        conn.execute(
            insert(t.number_block).values(
                block_id=b.block_id,
                division=b.division,
                year=b.year,
                first=b.first,
                last=b.last,
                next=b.first,
            )
        )
    return sum(b.last - b.first + 1 for b in fresh)
