"""``make mutants``: plant a bug in the law, the store or the sync; the suite must notice each one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "app",
    "devices",
    "models",
    "sync",
    "views",
    "resources",
    "migrations",
    "tests",
    "main.py",
    "pyproject.toml",
)


SLOWEST_S = 1800


@dataclass(frozen=True)
class Mutant:
    """``old`` occurs in ``file``; ``tests`` must fail once it reads ``new``."""

    name: str
    file: str
    old: str
    new: str
    tests: str


LAW, MERGE = "tests/models/domain/test_apply.py", "tests/models/domain/test_merge.py"
READMIT = "tests/sync/test_readmit.py"
AFTER, LEDGER = "tests/models/domain/test_after.py", "tests/models/domain/test_ledger.py"
ACTS, ENGINE = "tests/app/test_acts.py", "tests/sync/test_engine.py"
BUNDLE, BUNDLES = "tests/models/domain/test_bundle.py", "tests/app/test_bundle_intake.py"
FORGED = "tests/models/domain/test_forged.py"
FILES = "tests/sync/attachments"
SIM = "simulate"  # caught by the simulator's seeds, not by a test file
MUTANTS = (
    Mutant("accept with gaps", "models/domain/apply.py", "    if open_gaps:\n        first", "    if False:\n        first", LAW),
    Mutant("accept without a number", "models/domain/apply.py", "if not (op.act.number or state.number):", "if False:", LAW),
    Mutant("second supplement notice", "models/domain/apply.py", "if problem is None and before.supplemented_on:", "if False:", LAW),
    Mutant("unlisted material demanded", "models/domain/apply.py", "    if unlisted:", "    if False:", LAW),
    Mutant("incomplete supplement", "models/domain/apply.py", "    if unnamed:", "    if False:", LAW),
    Mutant("silence after five days", "models/domain/apply.py", "if op.time.day > last:", "if False:", LAW),
    Mutant("refusal without a failed point", "models/domain/apply.py", "or not failed:", "and False:", LAW),
    Mutant("number changed later", "models/domain/apply.py", "if state.number and state.number != op.act.number:", "if False:", LAW),
    Mutant("note changes the case", "models/domain/apply.py", "if any(not path.startswith(OTHER_SYSTEM)", "if any(False and not path.startswith(OTHER_SYSTEM)", LAW),
    Mutant("red line deferred", "models/domain/checklist.py", "    if item.red_line:", "    if False:", LAW),
    Mutant("received day moves", "models/domain/apply.py", "received_on=state.received_on or op.time.day", "received_on=op.time.day", LAW),
    Mutant("second official number", "models/domain/apply.py", "    if before.number:\n", "    if False:\n", "tests/app/test_number.py"),
    Mutant("a decision between versions changes what was judged", "models/domain/correcting.py", "    if before.status not in PRE_ACCEPTANCE:\n", "    if False:\n", FORGED),
    Mutant("a withdrawal rewrites the case", "models/domain/apply.py", "    if op.changes and before.status not in PRE_ACCEPTANCE:\n", "    if False:\n", FORGED),
    Mutant("the item called otherwise", "models/domain/apply.py", 'item_name=rules.item.name if op.item_name else ""', "item_name=op.item_name", FORGED),
    Mutant("demands outside the competence", "models/domain/apply.py", "or _identified(state, rules, op) or _not_here(state, op, rules)\n    if problem is not None:\n        return problem\n    named", "or _identified(state, rules, op)\n    if problem is not None:\n        return problem\n    named", FORGED),
    Mutant("a stop of one day costs a workday", "models/domain/stoppages.py", "        return start, end - _DAY\n", "        return start, end\n", LEDGER),
    Mutant("a limit over at the resumption", "models/domain/stoppages.py", "    if start > begun and calendar.is_workday(start) and not gone:\n", "    if False:\n", LEDGER),
    Mutant("a cap that nobody keeps", "models/domain/stoppages.py", "            end = until\n", "            pass\n", "tests/models/domain/test_stoppages.py"),
    Mutant("a correction nobody confirmed", "models/domain/amend.py", "or _confirmed(told, state)", "", "tests/models/domain/test_amendment.py"),
    Mutant("silence told to nobody", "models/domain/after.py", "    if not op.act.later.basis:\n", "    if True:\n", "tests/app/test_after.py"),
    Mutant("the rule of another day", "models/domain/rule_documents.py", "one.id == rule and one.in_force(day)", "one.id == rule", "tests/models/domain/test_rule_documents.py"),
    Mutant("last writer wins", "models/domain/merge.py", "        if theirs == change.old:", "        if True:", MERGE),
    Mutant("act half happens", "models/domain/merge.py", "    if op.kind not in EDITING:", "    if False:", MERGE),
    Mutant("outdated decision taken", "models/domain/merge.py", "    if op.kind == OpKind.RESOLVE:\n", "    if False:\n", MERGE),
    Mutant("granted with a failed point", "models/domain/after.py", "        if open_gaps:\n", "        if False:\n", AFTER),
    Mutant("denied without a failed point", "models/domain/after.py", "        if not failed:\n", "        if False:\n", AFTER),
    Mutant("extended twice", "models/domain/after.py", "    if before.prolonged:\n", "    if False:\n", AFTER),
    Mutant("stopped past the limit", "models/domain/after.py", "    if last is None or op.time.day <= last:", "    if True:", AFTER),
    Mutant("anybody judges", "models/domain/after.py", "    if wanted.intersection(roles):", "    if True:", AFTER),
    Mutant("a window takes in everything", "models/domain/competence.py", "    if window_domains and item.domain not in window_domains:", "    if False:", "tests/models/domain/test_competence.py"),
    Mutant("a desk judged by what it cannot know", "sync/hub/rights.py", "            if any(not _at_window", "            if False and any(not _at_window", "tests/sync/hub/test_after.py"),
    Mutant("results of a set go out one by one", "app/commands/delivery.py", "    if found is None or not waiting or apart:", "    if True:", "tests/app/test_delivery.py"),
    Mutant("a permit held back for ever", "app/commands/delivery.py", "if last is not None and desk.clock.now().day >= last:", "if False:", "tests/app/test_delivery.py"),
    Mutant("a licence held before it is granted", "models/domain/members.py", "        and state.decision == Decision.GRANT\n", "", "tests/sync/hub/test_set_order.py"),
    Mutant("any number is a source", "sync/hub/sources.py", "            if not case_id:\n                return _Doubt(\"写的受理编号没有用在任何办件上\", forged=True)\n", "            if not case_id:\n                return _Doubt(\"\")\n", "tests/sync/hub/test_sources.py"),
    Mutant("another person's case is a source", "sync/hub/sources.py", "    if not mine and not _ever_of(ops, who):", "    if False:", "tests/sync/hub/test_sources.py"),
    Mutant("a person put under a source unseen", "sync/hub/sources.py", "    if _WHO in op.changes:\n", "    if False:\n", "tests/sync/hub/test_sources.py"),
    Mutant("a lapsed correction on no list", "models/domain/ledger.py", "WATCHED = (CaseStatus.RECEIVED, CaseStatus.SUPPLEMENT, ", "WATCHED = (CaseStatus.RECEIVED, ", "tests/app/test_correction.py"),
    Mutant("a joint visit cut short unseen", "sync/hub/ingest.py", "        tell_unfinished(work)\n", "", "tests/sync/hub/test_set_visit.py"),
    Mutant("a joint visit of other days unseen", "sync/hub/visits.py", "        and _visit(one) != wanted\n", "        and False\n", "tests/sync/hub/test_set_visit.py"),
    Mutant("an exported list names persons", "app/commands/case_views.py", "row.case_id in public else mask_name(row.applicant)", "True else mask_name(row.applicant)", "tests/app/test_case_views.py"),
    Mutant("rights of today, not of the lease", "sync/hub/rights.py", "    roles = lease.roles if lease is not None else None\n", "    roles = None\n", "tests/sync/hub/test_after.py"),
    Mutant("silence counts from today", "models/domain/terms.py", "        return since(state)\n    return state.complete_on", "        return day.isoformat()\n    return state.complete_on", AFTER),
    Mutant("what was told as missing restarts no clock", "models/domain/terms.py", "    return state.complete_on or day.isoformat()", "    return day.isoformat()", AFTER),
    Mutant("granted before a deferred material came", "models/domain/trust_kept.py", "duty.kind == DutyKind.DEFERRAL and duty.open", "False", "tests/models/domain/test_promises.py"),
    Mutant("one visit rated twice", "models/domain/after_visit.py", "    if any(same_visit(one, kept) for one in before.ratings):", "    if False:", "tests/models/domain/test_visit.py"),
    Mutant("forged receipt code counted", "models/rating_code.py", "            verify(public, receipt_payload(self.device, self.about), self.proof)\n", "            pass\n", "tests/sync/hub/test_ratings.py"),
    Mutant("permit law on every notice", "models/domain/notice_basis.py", "    if is_permit(item):\n", "    if True:\n", "tests/models/domain/test_notice_basis.py"),
    Mutant("rating pressed by a key", "views/visitor/pieces.py", "            event.ignore()\n", "            super().keyPressEvent(event)\n", "tests/views/visitor"),
    Mutant("granted on a false promise", "models/domain/trust_kept.py", "duty.finding == Finding.FALSE", "False", "tests/models/domain/test_promises.py"),
    Mutant("the promise binds after an extension", "models/domain/terms.py", "    return limits[-1] if state.prolonged else limits[0]", "    return limits[0]", LEDGER),
    Mutant("a doubtful day passes for sure", "models/domain/attested.py", "    return first != last", "    return False", "tests/models/domain/test_attested.py"),
    Mutant("hole in the calendar", "sync/hub/calendar_file.py", "            if missing.weekday() < 5:", "            if False:", "tests/sync/hub/test_calendar_file.py"),
    Mutant("first day counted", "models/domain/deadlines.py", "    day, count = start, 0", "    day, count = start, 1", "tests/models/domain/test_deadlines.py"),
    Mutant("make-up days ignored", "models/domain/workdays.py", "        if day in self.makeup:", "        if False:", "tests/models/domain/test_deadlines.py"),
    Mutant("waiting member starts its clock", "app/commands/bundle_intake.py", "    if plan.waits_for:\n", "    if False:\n", BUNDLES),
    Mutant("prerequisite need not be granted", "app/queries/bundles.py", "if other is not None and other.decision == Decision.GRANT:", "if other is not None:", BUNDLES),
    Mutant("set taken in twice", "app/commands/bundle_intake.py", "        if live_state(conn, desk.rulebook, first) is None:", "        if True:", BUNDLES),
    Mutant("fewer copies than a member asks", "models/domain/united.py", "copies=max(", "copies=min(", BUNDLE),
    Mutant("shared field loosened", "models/domain/united.py", "required=any(", "required=all(", BUNDLE),
    Mutant("chain shorter than its parts", "models/domain/bundle.py", "starts[key] = max(", "starts[key] = min(", BUNDLE),
    Mutant("paper issued by nobody waived", "models/domain/united.py", "if maker is None or not all(", "if maker is None or not any(", BUNDLE),
    Mutant("number not advanced", "sync/leases.py", "to=block.next + 1", "to=block.next", ACTS),
    Mutant("clock not guarded", "app/commands/act.py", "    if max(behind, ahead) > CLOCK_SLACK_MS:", "    if False:", ACTS),
    Mutant("a clock set right holds everything up", "app/commands/act.py", "_guard_clock(last_ms if _AWAITED(conn, at=last_dseq).scalar() == \"pending\" else 0, time)", "_guard_clock(last_ms, time)", "tests/app/test_time_with_hub.py"),
    Mutant("lease not guarded", "app/commands/act.py", "    if time.wall_ms > desk.lease.expires_ms and time.wall_ms > lease_end(conn, desk):", "    if False:", ACTS),
    Mutant("draft outlives its case", "app/commands/act.py", "    _DROP_DRAFT(conn, case=entry.case_id)", "    pass", ACTS),
    Mutant("hub not recognised", "sync/client.py", "if hello.hub_key != hub_key:", "if False:", ENGINE),
    Mutant("plain http to anywhere", "sync/client.py", 'if parts.scheme == "http" and', 'if False and', ENGINE),
    Mutant("no durability", "models/store.py", 'conn.exec_driver_sql("COMMIT")', 'conn.exec_driver_sql("ROLLBACK")', "tests/models/test_store.py"),
    Mutant("wrong passwords unlimited", "models/keys.py", "locked = failures >= MAX_TRIES", "locked = False", "tests/models/test_keys.py"),
    Mutant("provisional mark kept for ever", "app/commands/number.py", "            done.append(perform(", "            done.extend(() and perform(", "tests/app/test_number.py"),
    Mutant("changed stick taken", "sync/bundle.py", "        verify(sender, _signed(head, body, progress), signature)\n", "        pass\n", "tests/app/test_bundle.py"),
    Mutant("expired stick taken", "sync/hub/bundle.py", "    if now > header.expires_ms:", "    if False:", "tests/app/test_bundle.py"),
    Mutant("another desk's stick taken", "sync/courier.py", "        if header.device != self._device.device:", "        if False:", "tests/app/test_bundle_refused.py"),
    Mutant("expired return stick taken", "sync/courier.py", "time.anchor_ms, level) > header.expires_ms:", "time.anchor_ms, level) < 0:", "tests/app/test_bundle_refused.py"),
    Mutant("half a file left on a full disk", "models/files.py", "            temporary.unlink(missing_ok=True)\n        raise cannot_write(error) from error", "            pass\n        raise cannot_write(error) from error", "tests/models/test_vault.py"),
    Mutant("a finished file thrown away by a slower worker", "sync/hub/files.py", '        if state == "here":\n            return False\n', "", FILES),
    Mutant("set limit not kept", "app/commands/attach.py", "        limit=sending_limit(desk) * 1024,\n", "", FILES),
    Mutant("a word that a field cannot have", "app/commands/resolve.py", "    if not known or value in known", "    if True or value in known", "tests/app/test_sync_cli.py"),
    Mutant("old stick taken", "sync/courier.py", "        if header.made_ms <= level:", "        if False:", "tests/app/test_bundle.py"),
    Mutant("batch over a gap", "sync/plan.py", "if dseq != dseqs[0] + i)", "if False)", "tests/sync/test_plan.py"),
    Mutant("conflict hidden", "sync/apply.py", "    open_again(conn, [clash for entry in entries for clash in entry.conflicts])", "    pass", SIM),
    Mutant("conflict settled out of order", "sync/apply.py", "        settled.difference_update(clash.conflict_id for clash in entry.conflicts)\n", "", "tests/sync/test_apply.py"),
    Mutant("restored hub not offered again", "sync/push.py", "        if session.next_dseq <= last:", "        if False:", "tests/sync/test_lost_at_hub.py"),
    Mutant("outcomes of another epoch kept", "sync/engine.py", 'conn.execute(update(t.op_status).values(state="pending", reason=""))', "pass", "tests/sync/test_lost_at_hub.py"),
    Mutant("own ops forgotten too early", "models/projection.py", '(self.state in _LIVE and not self.seen)', "False", "tests/sync/test_apply.py"),
    Mutant("head of line not kept", "sync/hub/judge.py", "    before = _blocker(work, entry)", "    before = None", "tests/sync/hub/test_judge.py"),
    Mutant("future day accepted", "sync/hub/judge.py", "op.time.wall_ms > entry.received_ms + CLOCK_SLACK_MS", "False", SIM),
    Mutant("number of another case", "sync/hub/numbers.py", "        if self._owner[number] not in (None, case_id):", "        if False:", "tests/sync/hub/test_numbers.py"),
    Mutant("number not in the ledger", "sync/hub/judge.py", "    fresh = work.ledger.use(entry.device, op.act.number, op.case_id, op.op_id, work.now_ms)", "    fresh = False", SIM),
    Mutant("lost series begun anew", "sync/hub/numbers.py", "    if year <= _restored(conn) + 1:", "    if False:", "tests/sync/hub/test_numbers.py"),
    Mutant("expired number not told", "sync/hub/judge.py", "    if fresh and expired_when_taken(", "    if False and expired_when_taken(", "tests/sync/hub/test_numbers.py"),
    Mutant("number given up too soon", "sync/hub/ledger.py", 'if row.on_case or voided else "kept"', 'if True else "kept"', "tests/sync/hub/test_ledger.py"),
    Mutant("last year's block used", "sync/leases.py", 't.number_block.c.year == bindparam("in_year")', 't.number_block.c.year <= bindparam("in_year")', "tests/sync/test_number_leases.py"),
    Mutant("refill at a quarter", "sync/leases.py", "int(max(granted, stock) * REFILL_AT)", "int(granted * REFILL_AT)", "tests/sync/test_plan.py"),
    Mutant("stuck case stops numbering", "app/commands/number.py", "            if not _has_numbers(desk):", "            if True:", "tests/app/test_number.py"),
    Mutant("former marks forgotten", "app/commands/number.py", "    for name in identities(conn, device):", "    for name in [device]:", "tests/app/test_recover.py"),
    Mutant("file hash not checked", "sync/hub/files.py", "    good = len(data) == row.size and hashlib.sha256(data).digest() == row.sha256", "    good = len(data) == row.size", FILES),
    Mutant("fetched file not checked", "sync/line.py", "hashlib.sha256(data).digest() != wanted.sha256:", "False:", FILES),
    Mutant("file kept in the clear", "app/commands/attach.py", "    sealed = seal_once(key, data, name.encode())", "    sealed = data + bytes(28)", FILES),
    Mutant("file name from the content alone", "app/commands/attach.py", 'name = hmac.digest(name_key, data, "sha256")', 'name = hashlib.sha256(data)', FILES),
    Mutant("file without a listed material", "models/domain/filing.py", "    if file.material and rules.item.material(file.material) is None:", "    if False:", FILES),
    Mutant("lost file not asked for", "sync/engine.py", "        offer_wanted(self._store, session.wanted_files)", "        pass", FILES),
    Mutant("another hall's file read", "sync/hub/files.py", 'among(kind, t.file.c.scope, "halls"), ', "", FILES),
    Mutant("checksum not kept", "sync/hub/work.py", "        if old is not None:\n            self._fold(state.case_id, old)", "        if False:\n            pass", SIM),
    Mutant("catalogue version not kept", "sync/hub/judge.py", "version = state.catalog_version if state is not None else op.catalog_version", "version = op.catalog_version", "tests/sync/hub/test_judge.py"),
    Mutant("full disk blames the op", "sync/hub/ingest.py", "NOT_THE_OPS_FAULT = (Refused, KnownError,", "NOT_THE_OPS_FAULT = (Refused,", SIM),
    Mutant("feed read before the head", "sync/hub/feed.py", "        after = request.after_seq if request.epoch == epoch else 0", "        after = request.after_seq + 1", SIM),
    Mutant("old hall's acts lost in a recovery", "sync/hub/devices.py", "            _follow(conn, row.former, values)\n", "            pass\n", "tests/app/test_recover.py"),
    Mutant("newest step folded away", "sync/hub/compact.py", "            feed.seq.not_in(last_steps),\n", "", "tests/sync/test_compact.py"),
    Mutant("desk drops what was not heard", "sync/compact.py", "        if row.dseq == newest or not settled or not 0 < row.acked_ms <= before_ms:", "        if row.dseq == newest:", "tests/sync/test_compact.py"),
    Mutant("new data key not told", "sync/engine.py", "            client.escrow(p.EscrowRequest(escrow_key=key))\n", "            pass\n", "tests/app/test_rekey.py"),
    Mutant("restored hub keeps the old data key", "sync/engine.py", "                if told and not get_meta(conn, ESCROW_NEXT):\n", "                if False:\n", "tests/app/test_rekey.py"),
    Mutant("moved desk keeps the old hall", "sync/place.py", "    for table in (t.case_confirmed, t.case_history, t.conflict, t.document):", "    for table in (t.case_history, t.document):", "tests/sync/test_place.py"),
    Mutant("revoked machine recovers", "sync/hub/people.py", "            _revoke_heirs(conn, device)\n", "            pass\n", "tests/app/test_recover.py"),
    Mutant("void blocks stay live", "sync/hub/moves.py", "            _withdraw(conn, device, target, now, seen_ms=row[\"seen_ms\"])\n", "", "tests/sync/hub/test_ledger.py"),
    Mutant("another division's block granted", "sync/hub/numbers.py", "if one.division == division[:6]), None)", "if True), None)", "tests/sync/hub/test_ledger.py"),
    Mutant("forked chain taken", "sync/hub/chain.py", "            if frame is not None and frame.prev_hash != previous:", "            if False:", "tests/sync/hub/test_ingest.py"),
    Mutant("revoked desk let in", "sync/hub/devices.py", '    if found.status == "revoked":', "    if False:", "tests/sync/hub/test_people.py"),
    Mutant("a forgotten grant made again", "sync/hub/numbers.py", "    if reach <= following:\n", "    if True:\n", "tests/sync/hub/test_granted.py"),
    Mutant("a forgotten number refused", "sync/hub/numbers.py", "        if number.serial >= reach:\n", "        if True:\n", "tests/sync/hub/test_granted.py"),
    Mutant("a hub that went back is read on", "sync/pull.py", "went_back = reply.head_seq < seq", "went_back = False", "tests/sync/test_lost_at_hub.py"),
    Mutant("a hub that went back tells nobody", "sync/hub/feed.py", "    if after > head_seq:\n", "    if False:\n", "tests/sync/test_lost_at_hub.py"),
    Mutant("a stalled step stops the round", "sync/engine.py", "                if silent == MOST_SILENT:\n", "                if True:\n", "tests/sync/test_independent.py"),
    Mutant("the time of an answer kept too late", "sync/apply.py", "    _keep_anchor(conn, now_ms)\n", "", "tests/sync/test_independent.py"),
    Mutant("numbers kept by a desk without cases", "sync/place.py", "(away or clashes or numbers)", "(away or clashes)", "tests/sync/test_number_leases.py"),
    Mutant("a move never heard of voids a block", "sync/hub/moves.py", "blocks.withdrawn_ms > seen_ms)", "False)", "tests/sync/test_number_leases.py"),
    Mutant("a double told to nobody", "app/queries/outbox.py", 't.op_status.c.state == "applied"', 't.op_status.c.state == "double"', "tests/app/test_doubles_told.py"),
    Mutant("batches that never shrink", "sync/push.py", "self._most >> min(tries, _MOST_HALVINGS)", "self._most", "tests/sync/test_independent.py"),
    Mutant("restores not counted", "sync/hub/numbers.py", "RESTORE_GAP * max(1, _kept(conn, _RESTORES))", "RESTORE_GAP", "tests/sync/hub/test_numbers.py"),
    Mutant("reach of the last restore forgotten", "sync/hub/numbers.py", "max(series.next, known or 1)", "series.next", "tests/sync/hub/test_numbers.py"),
    Mutant("word of a stay not heard", "sync/hub/devices.py", "    if request.postings:\n", "    if False:\n", "tests/sync/test_place.py"),
    Mutant("word of a stay not checked", "sync/hub/postings.py", "            verify(hub.keys.public, posting_payload(one.posting), one.signature)\n", "", "tests/sync/test_place.py"),
    Mutant("word of a machine not checked", "sync/hub/readmit.py", "            verify(hub.keys.public, registration_payload(one.registration), one.signature)\n", "", READMIT),
    Mutant("key of a machine let in again not asked for", "sync/hub/readmit.py", "        proof(words[0].public_key)\n", "", READMIT),
    Mutant("let in again without a person", "sync/hub/readmit.py", 'else "pending"', 'else "approved"', READMIT),
    Mutant("revoked machine let in by a restore", "sync/hub/readmit.py", "if device in closed or", "if", READMIT),
    Mutant("restored hub forgets the revoked", "sync/hub/backup.py", "shut_out(conn, closed or {})", "shut_out(conn, {})", READMIT),
    Mutant("acts under a former name forgotten", "sync/former.py", "        set_meta(conn, _ASK, b\"1\")\n", "        pass\n", READMIT),
    Mutant("half a bundle counts as all of it", "sync/courier.py", "            raise StoppedHalfway from stopped\n", "            pass\n", "tests/app/test_bundle_stop.py"),
    Mutant("an older step over a newer case", "sync/apply.py", " and e.rev >= held.get(e.case_id, 0)", "", "tests/sync/test_pages.py"),
    Mutant("an answer ahead taken for another question", "sync/ahead.py", "            if foreseen[0] == question:\n", "            if True:\n", "tests/sync/test_ahead.py"),
    Mutant("cut batch not counted", "sync/push.py", "            self.pushed += len(batch.ops) - still\n", "", "tests/sync/test_pages.py"),
    Mutant("left hall not asked after", "sync/engine.py", "            self._ask_elsewhere,\n", "", "tests/sync/test_place.py"),
)  # fmt: skip


def main() -> int:
    """Run every mutant; 0 when each was caught.  Names on the command line pick some."""
    chosen = [m for m in MUTANTS if not sys.argv[1:] or m.name in sys.argv[1:]]
    survived = 0
    with tempfile.TemporaryDirectory(prefix="taihaoban-mutants-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        for part in PARTS:
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, tree / part)
        for mutant in chosen:
            caught = try_mutant(tree, mutant)
            survived += not caught
            print(f"{'caught  ' if caught else 'SURVIVED'}  {mutant.name:<34} {mutant.file}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} caught")
    return 1 if survived else 0


def try_mutant(tree: Path, mutant: Mutant) -> bool:
    """Whether the tests fail with the bug in place.  Raises ValueError when it cannot be planted."""
    file = tree / mutant.file
    text = file.read_text(encoding="utf-8")
    if mutant.old not in text:
        raise ValueError(f"cannot plant {mutant.name!r}: {mutant.file} has changed")
    file.write_text(text.replace(mutant.old, mutant.new, 1), encoding="utf-8")
    try:
        run = ["main.py", "simulate", "--seeds", "150", "--stop"]
        if mutant.tests != SIM:
            run = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not postgres", mutant.tests]
        done = subprocess.run(
            [sys.executable, *run],
            cwd=tree,
            capture_output=True,
            timeout=SLOWEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False  # a bug that stops the program counts as caught only where a test says so
    finally:
        file.write_text(text, encoding="utf-8")
    return done.returncode == 1


if __name__ == "__main__":
    sys.exit(main())
