"""One case on the screen, without Qt: what is entered, what is missing, what may be done."""

from __future__ import annotations

import datetime as dt

import msgspec

from app.commands.act import Entry
from app.commands.drafts import Outcome
from app.queries.amended import place_name
from app.queries.reuse import ReuseOffer
from models.domain.case import CaseState, CaseStatus, Missing, Receipt
from models.domain.catalog import Field, Item, Material, Question, ReviewPoint
from models.domain.checklist import (
    Gap,
    allowed_receipts,
    asked_questions,
    failed_points,
    gaps,
    needed_materials,
    shown_fields,
    shown_points,
    wanting_materials,
)
from models.domain.rule_documents import Rule

_PARTY = ("applicant.name", "applicant.phone", "applicant.address", "agent.name", "agent.phone")
STEP_NAMES = ("身份", "情形", "一表", "材料", "审查要点", "受理")
STEP_KEYS = ("identity", "situation", "form", "materials", "points", "accept")


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier cases and the 失信名单 say of the applicant; offers by material id."""

    offers: dict[str, ReuseOffer] = {}
    dishonest: bool = False


class Sheet:
    """The open case.  Every setter returns whether something changed; an undo step is kept."""

    def __init__(self, case_id: str, item: Item, today: dt.date, state: CaseState | None = None) -> None:
        self.case_id = case_id
        self.item = item
        self.state = state
        self.today = today
        self.fields: dict[str, str] = dict(state.fields) if state is not None else {}
        self.known = Known()
        self.documents: dict[Rule, str] = {}  # what stands behind a rule on the day of the case
        self.recalled = ""  # id number of the applicant whose earlier cases were looked at
        self.sources: dict[str, str] = {}  # of values that nobody typed: 读身份证, 扫码
        self.outcome = Outcome()  # what was typed for an act that ends the intake, or puts a paper right
        self._undo: list[tuple[tuple[str, str], ...]] = []

    @property
    def entry(self) -> Entry:
        return Entry(case_id=self.case_id, item_id=self.item.id, fields=dict(self.fields))

    @property
    def editable(self) -> bool:
        return self.state is None or self.state.status in (
            CaseStatus.OPEN,
            CaseStatus.RECEIVED,
            CaseStatus.SUPPLEMENT,
        )

    @property
    def answers(self) -> dict[str, str]:
        return {p[7:]: v for p, v in self.fields.items() if p.startswith("answer.")}

    def get(self, path: str) -> str:
        return self.fields.get(path, "")

    def put(self, path: str, value: str) -> bool:
        return self.put_all({path: value})

    def put_all(self, values: dict[str, str], source: str = "") -> bool:
        """Several values as one step of undo; ``source`` says who filled them in, "" the clerk."""
        changed = {path: value for path, value in values.items() if self.get(path) != value}
        for path in changed:
            self.sources.pop(path, None)
        self.sources |= dict.fromkeys(values if source else (), source)
        if not changed:
            return False
        self._undo.append(tuple((path, self.get(path)) for path in changed))
        for path, value in changed.items():
            self._write(path, value)
        return True

    def open_outcome(self, form: str) -> dict[str, str]:
        """This form stands below the steps now, "" none; returns what was typed in it before."""
        self.outcome = Outcome(open=form, words=self.outcome.words)
        return self.outcome.words.get(form, {})

    def put_outcome(self, form: str, words: dict[str, str]) -> None:
        """What the clerk has changed in this form; nothing: it begins anew."""
        others = {name: told for name, told in self.outcome.words.items() if name != form}
        self.outcome = Outcome(open=self.outcome.open, words=others | ({form: words} if words else {}))

    def undo_depth(self) -> int:
        """How many steps :meth:`undo` can take back now."""
        return len(self._undo)

    def undo(self) -> str:
        """Take the last change back; returns its (first) path, "" when there is none."""
        if not self._undo:
            return ""
        step = self._undo.pop()
        for path, before in step:
            self.sources.pop(path, None)
            self._write(path, before)
        return step[0][0]

    def _write(self, path: str, value: str) -> None:
        if value:
            self.fields[path] = value
        else:
            self.fields.pop(path, None)

    def gaps(self) -> list[Gap]:
        return gaps(self.item, self.fields, self.today)

    def questions(self) -> list[Question]:
        return asked_questions(self.item, self.answers)

    def materials(self) -> list[Material]:
        return needed_materials(self.item, self.answers)

    def places(self) -> tuple[tuple[str, str], ...]:
        """Where an error can be put right on the spot: (path, name), the form, the papers, who applies."""
        form = [(f"form.{f.id}", f.label) for f in self.form_fields()]
        papers = [(f"material.{m.id}", f"材料：{m.name}") for m in self.materials()]
        party = [(path, place_name(path, None)) for path in _PARTY if self.get(path)]
        return (*form, *papers, *party)

    def form_fields(self) -> list[Field]:
        return shown_fields(self.item, self.answers)

    def points(self) -> list[ReviewPoint]:
        return shown_points(self.item, self.answers)

    def failed(self) -> list[ReviewPoint]:
        return failed_points(self.item, self.fields)

    def barred(self, material: Material) -> dict[Receipt, str]:
        return allowed_receipts(self.item, material, dishonest=self.known.dishonest)

    def set_receipt(self, material: Material, receipt: Receipt | None) -> str:
        """Take a material in; returns the reason when it may not be taken in that way."""
        if receipt is not None and (reason := self.barred(material)[receipt]):
            return reason
        self.put(f"material.{material.id}", receipt.value if receipt is not None else "")
        self.put(f"material.{material.id}.from", "")
        return ""

    def files(self, material_id: str) -> int:
        """How many files in use prove this material."""
        files = self.state.files if self.state is not None else ()
        return sum(file.material == material_id and not file.void for file in files)

    def offer(self, material: Material) -> ReuseOffer | None:
        """The earlier case that this material can be taken over from, while it is not in."""
        return None if self.get(f"material.{material.id}") else self.known.offers.get(material.id)

    def take_over(self, material: Material) -> str:
        """沿用: one act; returns the reason when there is nothing to take over."""
        offer = self.offer(material)
        if offer is None:
            return "没有可以沿用的已核验材料"
        for path, value in offer.fields.items():
            self.put(path, value)
        return ""

    def next_wanting(self, after: str) -> str:
        """The next material still missing, from ``after`` on and round again; "" when none is."""
        ids = [m.id for m in self.materials()]
        wanting = {m.id for m in wanting_materials(self.item, self.fields)}
        start = ids.index(after) + 1 if after in ids else 0
        return next((i for i in [*ids[start:], *ids[:start]] if i in wanting), "")

    def missing_lines(self) -> tuple[Missing, ...]:
        """What an 一次性告知书 has to name now, with its reasons."""
        lines: list[Missing] = []
        for material in wanting_materials(self.item, self.fields):
            defective = self.get(f"material.{material.id}") == Receipt.DEFECTIVE
            note = self.get(f"material.{material.id}.note")
            lines.append(
                Missing(
                    material=material.id,
                    name=material.name,
                    reason=note or ("不符合受理标准" if defective else "未提交"),
                    standard="；".join(material.standard),
                )
            )
        return tuple(lines)

    def summaries(self) -> dict[str, str]:
        """One line for each folded step."""
        who = self.get("applicant.name") or "还没有填"
        if agent := self.get("agent.name"):
            who += f"　代理人 {agent}"
        chosen = []
        for question in self.questions():
            answer = self.answers.get(question.id)
            chosen += [o.label for o in question.options if o.id == answer]
        situation = " · ".join(chosen) if chosen else ("请选择" if self.item.questions else "本事项不分情形")
        total = len(self.item.materials)
        needed = self.materials()
        if total != len(needed):
            situation += f"　→ 情形后 {len(needed)} 项材料（原 {total} 项）"
        fields = self.form_fields()
        filled = sum(bool(self.get(f"form.{f.id}")) for f in fields)
        settled = len(needed) - len(wanting_materials(self.item, self.fields))
        points = self.points()
        ticked = sum(bool(self.get(f"point.{p.id}")) for p in points)
        return {
            "identity": who,
            "situation": situation,
            "form": f"{len(fields)} 个字段，已填 {filled}" if fields else "本事项没有另外的字段",
            "materials": f"已齐 {settled} / {len(needed)}" if needed else "本情形不需要材料",
            "points": f"{len(points)} 条 · 已审 {ticked}" if points else "清单没有列要点",
            "accept": "",
        }
