"""The hub's schema: bringing it up, and refusing one that is not this program's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from models.errors import KnownError

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).resolve().parents[2] / "migrations" / "hub"


def known_revisions() -> list[str]:
    """Revisions this program brings, oldest first (file names start with the revision)."""
    return sorted(path.name.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


def current_revision(conn: Connection) -> str | None:
    """The schema the database has; None for an empty one."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check_schema(conn: Connection) -> None:
    """Raise KnownError unless the schema is exactly this program's."""
    found = current_revision(conn)
    known = known_revisions()
    if found is None:
        raise KnownError("这里还没有中心数据库，没有改动。请先运行 hub init --data 目录。")
    if found not in known:
        raise KnownError("中心数据库是更新版本的程序建的，本程序不敢写入，没有改动。请换用新版程序。")
    if found != known[-1]:
        raise KnownError("中心数据库要先升级，没有改动。请先备份，再运行 hub init --data 目录。")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to ``revision`` in one transaction.  Raises KnownError for a newer schema."""
    from alembic import command  # heavy, and only needed here

    with engine.begin() as conn:
        found = current_revision(conn)
        if found is not None and found not in known_revisions():
            check_schema(conn)
        command.upgrade(_config(conn), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to ``revision`` (``base`` empties it).  Data of later tables is lost."""
    from alembic import command

    with engine.begin() as conn:
        command.downgrade(_config(conn), revision)


def _config(conn: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config
