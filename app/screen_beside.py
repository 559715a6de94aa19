"""Pictures of what stands beside the work: the visitor's screen, the service sheet, the copy window, phrases."""

from __future__ import annotations

import random

from app.commands.batch import entry_fields, intake_line
from app.commands.context import Desk
from app.sample import filled
from app.screen_camera import ScreenCamera, settle, take
from models.domain.case import PointMark
from models.domain.catalog import Item
from models.domain.visit import LEVELS
from views.station import Station


def visitor_pages(camera: ScreenCamera, desk: Desk, station: Station, item: Item) -> None:
    """Each state of the second screen, with one case going through all of them."""
    visitor = station.visitor
    before = visitor.mode
    visitor.use("window")
    station.shell.show_page("workbench")
    station.workbench.show_sheet(None)
    visitor.clear()
    camera.shoot(visitor.window, "visitor-welcome")
    station.workbench.start(item)
    settle(camera.app, station)
    sheet = station.workbench.sheet
    assert sheet is not None
    fields = entry_fields(item, filled(item, random.Random(7)))
    for material in item.materials[1:3]:
        for path in [p for p in fields if p.startswith(f"material.{material.id}")]:
            del fields[path]
    sheet.fields = {**fields, "point.P1": PointMark.PASS.value}
    station.workbench.open_step("materials")
    visitor.follow()
    camera.shoot(visitor.window, "visitor-progress")
    visitor.ask_check()
    camera.shoot(visitor.window, "visitor-check")
    station.service.open()
    settle(camera.app, station)
    take(camera, station, "service")
    station.shell.close_overlay()
    visitor.clear()
    station.workbench.show_sheet(None)
    made = intake_line(desk, filled(item, random.Random(8), "accept"))
    visitor.done(made)
    settle(camera.app, station, lambda: visitor.window.state() == "result")
    camera.shoot(visitor.window, "visitor-result")
    visitor.ask_rating()
    visitor.window.ballot.levels[min(LEVELS)].click()
    camera.shoot(visitor.window, "visitor-rating")
    visitor.window.show_thanks()
    camera.shoot(visitor.window, "visitor-thanks")
    visitor.clear()
    visitor.use(before)
    visitor.window.hide()


def writing_aids(camera: ScreenCamera, desk: Desk, station: Station, item: Item) -> None:
    """The fields of an accepted case for the department's own system, and the phrases for a free text."""
    made = intake_line(desk, filled(item, random.Random(9), "accept"))
    station.copying.open(made.case_id)
    settle(camera.app, station, lambda: station.copying.window is not None)
    window = station.copying.window
    assert window is not None
    camera.shoot(window, "copying", window.fit)
    window.close()
    station.shell.show_page("workbench")
    station.workbench.start(item)
    settle(camera.app, station)
    station.shell.activateWindow()
    station.workbench.acts.open_refusal()  # puts the cursor into the reason
    settle(camera.app, station)
    station.phrases.open()
    settle(camera.app, station)
    take(camera, station, "phrases")
    station.shell.close_overlay()
    station.workbench.show_sheet(None)
