"""Domain facts §5, rows 1 to 34: which tests fail when the rule of a row is taken away.

``BROKEN`` are the two tables of forgeries: the rule broken on purpose at the desk's command, and by an op that only
the hub can refuse.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[2]
DESK, HUB, LAW = "app/test_forged.py", "sync/hub/test_forged.py", "models/domain/test_forged.py"
OPENED, LATER = "test_no_case_is_opened_against_its_row", "test_no_later_act_breaks_its_row"
BROKEN = (f"{DESK}::{OPENED}", f"{HUB}::{OPENED}", f"{DESK}::{LATER}", f"{HUB}::{LATER}")
DOMAIN, CATALOG = "models/domain", "sync/hub/catalog"

# Row → what it is, and the tests that prove it.
ROWS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "法律红线",
        (
            *BROKEN,
            f"{DOMAIN}/test_apply.py::test_red_line_items_take_neither_deferral_nor_commitment",
            f"{DOMAIN}/test_promises.py::test_a_red_line_item_takes_neither",
            f"{CATALOG}/test_rules.py::test_red_line_takes_neither",
            f"{LAW}::test_no_act_changes_what_a_case_was_judged_by",
        ),
    ),
    2: (
        "清单之外不得索要",
        (
            *BROKEN,
            f"{DOMAIN}/test_demands.py::test_it_can_demand_no_thing_that_is_not_listed",
            f"{DOMAIN}/test_demands.py::test_no_other_act_demands_either",
            "sync/hub/test_demands.py::test_a_forged_demand_is_rejected",
            "sync/hub/test_demands.py::test_neither_a_note_nor_a_material_of_its_own_gets_in",
            "app/test_promises.py::test_no_command_demands_what_the_list_does_not_name",
            "app/test_bundle_intake.py::test_a_paper_that_no_list_names_cannot_be_demanded",
        ),
    ),
    3: (
        "制度先行",
        (
            f"{DOMAIN}/test_rule_documents.py::test_a_case_from_before_has_the_rule_of_then",
            "sync/test_effective.py::test_a_desk_keeps_the_present_version_until_the_day_and_the_case_for_good",
            "sync/hub/test_judge.py::test_a_case_stays_under_the_version_it_was_opened_under",
            "sync/hub/test_draft.py::test_a_version_counts_from_its_day",
            "sync/hub/test_draft.py::test_an_act_under_a_version_to_come_stands_and_a_person_looks",
            "sync/hub/test_draft.py::test_an_act_under_a_version_long_replaced_stands_and_a_person_looks",
            "app/documents/test_trust_papers.py::test_the_document_behind_a_rule_is_named_where_the_paper_rests_on_it",
        ),
    ),
    4: (
        "合法性审查",
        (
            "sync/hub/test_draft.py::test_the_author_alone_cannot",
            "sync/hub/test_draft.py::test_who_changed_roles_in_between_is_still_the_author",
            "sync/hub/test_draft.py::test_no_one_holds_both_roles",
            "sync/hub/test_draft.py::test_other_bytes_than_the_approved_ones_are_not_published",
            "app/test_acts.py::test_a_catalogue_edited_by_hand_is_noticed",
            "sync/test_effective.py::test_a_version_that_two_people_did_not_publish_is_not_taken",
            "sync/hub/test_stored.py::test_a_row_edited_by_hand_is_named",
            "sync/hub/test_draft.py::test_what_is_not_lawful_is_not_published_however_it_came_in",
        ),
    ),
    5: (
        "责任担当",
        (
            *BROKEN,
            "app/test_acts.py::test_tampering_is_noticed",
            "app/test_sync_cli.py::test_verify_names_an_act_that_is_spoilt",
            "models/test_store.py::test_the_database_itself_refuses_to_rewrite_history",
            "sync/hub/test_ingest.py::test_tampered_op_is_refused_whole",
            "sync/hub/test_stored.py::test_a_row_edited_by_hand_is_named",
            "sync/hub/test_cli.py::test_check_tells_alarms_and_a_broken_audit_chain",
        ),
    ),
    6: (
        "权力下放",
        (
            *BROKEN,
            f"{LAW}::test_no_materials_are_asked_for_where_the_hall_is_not_competent",
            f"{DOMAIN}/test_competence.py::test_a_delegated_item_names_who_may",
            "sync/test_effective.py::test_the_desk_refuses_what_is_not_its_halls_and_says_where_to_go",
        ),
    ),
    7: (
        "事项划转",
        (
            "sync/hub/test_reform.py::test_the_shipped_rows_give_the_published_figures",
            "sync/hub/test_reform.py::test_a_changed_register_row_changes_its_figure",
            "sync/hub/test_reform.py::test_a_wrong_cell_is_named",
        ),
    ),
    8: (
        "一枚印章管审批",
        (
            "app/documents/test_seals.py::test_each_print_is_one_line_of_which_what_whose_and_who",
            "app/documents/test_seals.py::test_each_printed_decision_and_each_notice_of_a_set_is_a_line_of_its_own",
            "app/documents/test_handing.py::test_a_query_slip_tells_how_the_case_stands_under_its_own_seal",
            "app/documents/test_seals.py::test_a_built_in_template_names_the_seal_it_takes_and_no_other",
            "app/documents/test_seals.py::test_the_query_slip_takes_the_query_seal_only",
        ),
    ),
    9: (
        "权责清单",
        (
            f"{HUB}::test_a_lease_that_nobody_issued_gives_no_right",
            f"{DOMAIN}/test_competence.py::test_rights_at_the_window",
            f"{DOMAIN}/test_after.py::test_who_may_do_which",
            "sync/test_effective.py::test_the_desk_refuses_a_clerk_without_the_right",
            "sync/hub/test_draft.py::test_a_clerk_without_the_domain_cannot_accept",
            "sync/hub/test_after.py::test_the_roles_of_the_lease_decide_not_those_of_today",
            "app/test_after.py::test_a_window_clerk_judges_nothing",
        ),
    ),
    10: (
        "三集中三到位",
        (
            "sync/hub/test_reform.py::test_each_wrong_row_is_named_and_nothing_changes",
            "sync/hub/test_reform.py::test_a_register_refers_to_the_one_kept",
            "sync/hub/test_reform.py::test_the_commands",
        ),
    ),
    11: (
        "颗粒化",
        (
            f"{CATALOG}/test_real_list.py::test_every_row_becomes_an_item",
            f"{CATALOG}/test_real_list.py::test_department_parent_item",
            f"{CATALOG}/test_rules.py::test_33_digits_begin_with_a_31",
            f"{DOMAIN}/test_search.py::test_what_is_typed_finds_the_item",
        ),
    ),
    12: (
        "破解套娃",
        (
            f"{DOMAIN}/test_lint.py::test_nesting_is_told_with_its_whole_path",
            f"{DOMAIN}/test_lint.py::test_nesting_is_told_exactly_when_some_items_wait_for_each_other_alone",
            f"{DOMAIN}/test_lint.py::test_a_result_that_is_asked_for_and_not_linked",
        ),
    ),
    13: (
        "服务指南和二维码",
        (
            "app/documents/test_guides.py::test_a_guide_says_everything_the_catalogue_says",
            "app/documents/test_guides.py::test_the_code_names_item_and_version_only",
            "app/documents/test_guides.py::test_the_printed_code_reads_as_item_and_version",
            "devices/test_codes.py::test_what_a_code_means",
        ),
    ),
    14: (
        "流程图",
        (
            "app/documents/test_guides.py::test_changing_a_stage_redraws_the_chart",
            "app/documents/test_guides.py::test_a_chart_is_whole_for_any_stages_and_its_sum_is_honest",
            f"{DOMAIN}/test_lint.py::test_each_planted_fault_is_an_error_of_its_own",
        ),
    ),
    15: (
        "材料模板和样表",
        (
            f"{DOMAIN}/test_lint.py::test_what_is_not_said_is_a_warning",
            "sync/hub/test_forms.py::test_what_the_catalogue_names_is_missing_until_it_is_added",
            "sync/test_forms.py::test_the_list_comes_with_a_round_and_the_files_after_it",
        ),
    ),
    16: (
        "审查标准化",
        (
            *BROKEN,
            f"{LAW}::test_a_grant_never_comes_with_a_failed_point",
            f"{DOMAIN}/test_apply.py::test_a_refusal_stands_on_a_failed_point_and_names_the_competent_office",
            f"{DOMAIN}/test_after.py::test_a_denial_stands_on_a_failed_point_and_says_why",
        ),
    ),
    17: (
        "材料符合必须限期审批",
        (
            f"{DOMAIN}/test_after.py::test_all_points_met_means_grant_and_nothing_else",
            "sync/hub/test_supervise.py::test_the_untouched_is_listed_once_its_day_is_over",
        ),
    ),
    18: (
        "明确办理时限",
        (
            *BROKEN,
            f"{DOMAIN}/test_deadlines.py::test_vectors",
            f"{DOMAIN}/test_ledger.py::test_vectors",
            f"{DOMAIN}/test_apply.py::test_after_five_workdays_silence_counts_as_acceptance",
            f"{DOMAIN}/test_after.py::test_extension_is_once_ten_days_at_most_approved_and_reasoned",
            "sync/hub/test_after.py::test_no_later_act_is_dated_after_its_arrival",
        ),
    ),
    19: (
        "三减一并",
        (
            "sync/hub/test_reform.py::test_the_shipped_rows_give_the_published_figures",
            "sync/hub/test_reform.py::test_a_changed_row_changes_its_figure",
            "sync/hub/test_reform.py::test_two_published_versions",
            f"{DOMAIN}/test_reform.py::test_two_versions_of_an_item",
        ),
    ),
    20: (
        "整体提速",
        (
            f"{DOMAIN}/test_reform.py::test_an_item_against_its_state_before",
            f"{DOMAIN}/test_reform.py::test_what_was_promised_against_what_was_done",
            "sync/hub/test_reform.py::test_what_was_done_is_told_apart_from_what_was_promised",
        ),
    ),
    21: (
        "创新点和实施细则",
        (
            f"{DOMAIN}/test_search.py::test_the_detail_rule_of_an_item_finds_it",
            "app/test_acts.py::test_an_item_is_found_by_its_detail_rule",
            "app/documents/test_guides.py::test_a_guide_says_everything_the_catalogue_says",
        ),
    ),
    22: (
        "证明事项清单",
        (
            *BROKEN,
            f"{CATALOG}/test_proofs.py::test_an_item_that_asks_for_an_abolished_proof_is_refused",
            f"{CATALOG}/test_proofs.py::test_an_abolished_proof_does_not_come_back_unseen",
            "sync/hub/test_draft.py::test_a_proof_abolished_later_stops_the_item_that_asks_for_it",
        ),
    ),
    23: (
        "证明事项告知承诺制",
        (
            *BROKEN,
            f"{DOMAIN}/test_promises.py::test_trust_needs_everything_the_rules_name",
            f"{DOMAIN}/test_promises.py::test_a_listed_person_cannot_use_trust_and_can_always_decline",
            "app/test_promises.py::test_a_dishonest_applicant_is_told_why_and_can_hand_everything_in",
            "sync/hub/test_credit.py::test_the_hub_judges_by_the_list_that_the_desk_held",
        ),
    ),
    24: (
        "照后办证承诺制",
        (
            *BROKEN,
            f"{DOMAIN}/test_promises.py::test_a_permit_can_be_promised_only_where_the_list_says_so",
            f"{DOMAIN}/test_promises.py::test_the_demo_city_promises_21_permits_after_the_licence",
            "app/test_promises.py::test_an_overdue_promise_is_listed_the_next_day",
        ),
    ),
    25: (
        "证照并行",
        (
            "app/test_set_members.py::test_members_that_wait_for_nobody_begin_in_the_same_act_of_receipt",
            "app/test_set_members.py::test_what_waits_cannot_be_accepted_alone_without_the_paper_it_waits_for",
            "app/test_bundle_intake.py::test_only_what_waits_for_nothing_starts_its_clock",
            f"{DOMAIN}/test_bundle.py::test_side_by_side_is_no_longer_than_the_sum_and_no_shorter_than_any_chain",
        ),
    ),
    26: (
        "拿地即开工",
        ("app/test_land_ready.py::test_permits_examined_beforehand_bear_the_date_of_one_day",),
    ),
    27: (
        "同级通办",
        (
            f"{DOMAIN}/test_competence.py::test_for_whom_a_hall_accepts",
            f"{DOMAIN}/test_competence.py::test_accepted_in_ningyang_goes_to_daiyue",
            "sync/hub/test_draft.py::test_accepted_in_one_county_for_another",
        ),
    ),
    28: (
        "一表申请",
        (
            f"{DOMAIN}/test_bundle.py::test_no_shared_field_is_typed_twice",
            f"{DOMAIN}/test_bundle.py::test_what_a_set_says_of_a_member_is_only_what_the_member_asks",
            "views/test_bundle.py::test_a_shared_field_is_shown_once_with_how_many_it_serves",
        ),
    ),
    29: (
        "一窗受理",
        (
            f"{DOMAIN}/test_competence.py::test_a_window_takes_in_what_its_own_domains_are",
            "sync/test_effective.py::test_a_window_takes_in_its_own_domains_only_at_desk_and_hub",
            "sync/hub/test_after.py::test_what_a_window_may_not_take_in_is_refused_unless_its_desk_cannot_know",
        ),
    ),
    30: (
        "一并勘验",
        (
            "app/test_bundle_intake.py::test_a_joint_visit_stops_the_clocks_of_its_members_for_the_same_days",
            f"{DOMAIN}/test_after.py::test_a_special_procedure_stops_the_clock_in_writing",
        ),
    ),
    31: (
        "一体审批",
        (
            "app/test_set_members.py::test_a_denied_member_flags_the_set_and_stops_no_other",
            "app/test_bundle_intake.py::test_a_denied_prerequisite_flags_what_waits_for_it",
        ),
    ),
    32: (
        "一同发证",
        (
            *BROKEN,
            "app/test_delivery.py::test_results_wait_until_the_last_is_there",
            "sync/hub/test_sets.py::test_one_handed_over_alone_without_the_applicants_wish_is_told",
            "sync/hub/test_sets.py::test_the_applicants_wish_on_record_is_lawful",
            "app/test_delivery.py::test_one_receipt_names_every_result",
            "app/test_delivery.py::test_the_applicants_wish_to_have_them_in_parts_is_on_record",
        ),
    ),
    33: (
        "一网流转",
        (
            "sync/sim/test_simulator.py::test_every_invariant_holds_under_every_fault",
            "sync/test_engine.py::test_offline_work_arrives_whole_and_once",
            "sync/test_engine.py::test_a_lost_answer_makes_nothing_twice",
            "sync/hub/test_ingest.py::test_pushing_again_changes_nothing_and_tells_the_same",
            "app/test_drill.py::test_the_drill_is_clean",
        ),
    ),
    34: (
        "一件事",
        (
            "app/test_bundle_intake.py::test_the_register_has_93_with_30_online_and_every_one_online_can_be_taken_in",
            "app/test_bundle_intake.py::test_a_bundle_under_preparation_is_not_offered",
            "app/test_set_members.py::test_other_answers_choose_other_members",
        ),
    ),
}
# Rows with a forgery of their own in the two tables, told by the number that a name there begins with.
FORGED = {1, 2, 5, 6, 16, 18, 22, 23, 24, 32}


@cache
def _module(file: str) -> ast.Module:
    return ast.parse((TESTS / file).read_text(encoding="utf-8"))


def test_no_row_is_missing() -> None:
    assert sorted(ROWS) == list(range(1, 35))


@pytest.mark.parametrize("row", ROWS)
def test_every_test_of_a_row_is_there_and_can_fail(row: int) -> None:
    _, places = ROWS[row]
    assert places
    for place in places:
        file, _, name = place.partition("::")
        (found,) = [n for n in _module(file).body if isinstance(n, ast.FunctionDef) and n.name == name]
        checks = any(isinstance(n, ast.Assert) for n in ast.walk(found))
        checks = checks or any(isinstance(n, ast.Attribute) and n.attr == "raises" for n in ast.walk(found))
        assert checks, place


def test_the_forgeries_are_of_the_rows_that_say_so() -> None:
    (opening,) = [n for n in _module(HUB).body if isinstance(n, ast.Assign) and _names(n) == ["OPENING"]]
    (later,) = [n for n in _module(HUB).body if isinstance(n, ast.Assign) and _names(n) == ["LATER"]]
    words = [
        str(n.value)
        for table in (opening, later)
        for n in ast.walk(table)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]
    found = {int(head) for word in words if (head := word.partition(" ")[0]).isdecimal() and len(head) < 3}
    assert found == FORGED == {row for row, (_, places) in ROWS.items() if BROKEN[0] in places}


def _names(of: ast.Assign) -> list[str]:
    return [target.id for target in of.targets if isinstance(target, ast.Name)]
