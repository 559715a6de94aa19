"""Alembic environment of the hub.  The caller hands over an open connection; nothing is configured here."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
