"""``main.py demo``: a central hub, the demo city and an enrolled workstation, in one command."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

from app.bootstrap import Session
from app.city_hall import PASSWORD, CityHall
from app.commands.sign_in import sign_in
from app.config import Profile, Settings, default_profile, read_settings, write_settings
from app.start import make_application
from sync.client import HubUnreachable
from views.theme import apply_theme

STAFF = "T0718"
WINDOW = "370911-07"


def run_demo(
    folder: Path | None,
    screenshots: Path | None,
    *,
    check: bool = False,
    test_devices: bool = True,
    manual: Path | None = None,
) -> int:
    """Run the demo, in ``folder`` or where the last one was left.

    With ``screenshots`` take pictures of every screen and end, in a world made for it unless ``folder``
    is given (the pictures need a machine whose registration was revoked); with ``check`` 1 for any fault;
    with ``manual`` those of the manual are put there.
    """
    if folder is None and screenshots is not None:
        with tempfile.TemporaryDirectory(prefix="thb-screens-") as made:
            return run_demo(Path(made), screenshots, check=check, manual=manual)
    root = folder or default_profile().root / "demo"
    profile = Profile(root / "desk")
    with CityHall(root / "hub", port=_known_port(profile)) as hall:
        hall.start()
        if not profile.enrolled():
            hall.enrol(profile, WINDOW, STAFF)
            write_settings(profile, Settings(last_staff=STAFF))
        if screenshots is not None:
            from app.screenshots import take_screenshots

            faults = take_screenshots(profile, hall, screenshots, every_dress=check)
            print(f"图片存在 {screenshots}")
            if manual is not None:
                from app.screen_manual import refresh_manual

                refresh_manual(screenshots, manual)
            if check and faults:
                print(f"界面检查发现 {len(faults)} 处：", *faults, sep="\n", file=sys.stderr)
                return 1
            return 0
        hall.make_forms()
        print(f"演示：工号 {STAFF}，口令 {PASSWORD}（虚构人员，只在演示城市有效）", flush=True)
        app = make_application()
        settings = read_settings(profile)
        apply_theme(app, settings.theme, settings.font_scale)
        session = Session(app, profile, settings, test_devices=test_devices)
        try:
            desk = sign_in(profile, STAFF, PASSWORD)
            session.open_desk(desk)
        except HubUnreachable:
            session.lock()
        signal.signal(signal.SIGINT, lambda *_: app.quit())
        code = app.exec()
        session.close()
    return code


def _known_port(profile: Profile) -> int:
    """The port this desk was enrolled at; 0 for a free one on the first run."""
    if not profile.enrolled():
        return 0
    return int(profile.read_device().hub_url.rpartition(":")[2])
