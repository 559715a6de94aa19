"""The two people whom a published catalogue takes, for tests that are about something else."""

from __future__ import annotations

from sync.hub import draft, people
from sync.hub.database import Hub
from tests.sync.hub.fake_desk import PASSWORD

EDITOR, REVIEWER = "E1", "L1"


def add_publishers(hub: Hub) -> None:
    hashed = people.hash_password(PASSWORD)
    for staff, role in ((EDITOR, draft.EDITOR), (REVIEWER, draft.REVIEWER)):
        line = people.StaffLine(staff=staff, name=f"样例{staff}", roles=(role,))
        people.add_staff(hub, line, hashed)


def publish_by_two(hub: Hub, effective_on: str = "") -> str:
    """Submit, approve and publish the draft that is there; returns the version."""
    add_publishers(hub)
    draft.submit(hub, EDITOR, PASSWORD)
    draft.approve(hub, REVIEWER, PASSWORD)
    return draft.publish_draft(hub, EDITOR, PASSWORD, effective_on)
