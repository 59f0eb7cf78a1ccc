"""Every goal of a user in the trials of the screen, and the tests that reach it.

The lines below a goal name its tests, in any folder of tests: `pytest -k NAME` runs one. The last
test of this file reads the table.

1. see the loss fall long after its first values
    test_1_see_the_loss_fall_long_after_its_first_values
    test_the_last_four_fifths_of_a_recorded_loss_use_half_of_the_rows
2. have large curves, and give every pane the size it needs
    test_the_main_chart_is_the_largest_element_of_the_lab
    test_panes_are_resized_by_keys_reset_and_remembered
    test_the_border_between_panes_is_dragged_with_the_mouse
3. read progress and remaining time in the row of a run
    test_progress_loss_and_time_left_of_training_are_in_sight_at_every_width
4. follow the accuracy of a classifier
    test_4_follow_the_accuracy_of_a_classifier_in_the_list_and_in_a_chart
    test_losses_of_different_units_have_an_axis_each_and_the_mouse_finds_its_own
5. know a run by its letter everywhere
    test_a_letter_means_the_same_run_in_the_list_the_charts_and_compare
6. smooth, zoom and read a chart of Inspect
    test_a_chart_of_the_findings_has_the_keys_of_every_chart
7. steer a run that trains, and extend one that has ended
    test_the_rate_and_the_end_of_a_training_run_are_changed_by_a_key
    test_a_finished_run_asks_for_how_long_and_continues
8. see what a run is made of, and start another one from it
    test_see_what_a_run_is_made_of
    test_watch_a_run_live_while_it_trains
    test_start_a_new_run_from_this_one
9. act on several runs at once
    test_seven_selected_runs_are_deleted_after_one_question_that_names_them
    test_two_of_three_selected_runs_are_paused_and_the_refusal_gives_the_reason
    test_a_quoted_pattern_and_names_mean_each_run_once
10. find runs by words and figures, and list all of them again
    test_runs_are_found_by_a_figure_and_escape_lists_them_all_again
    test_an_empty_list_says_which_filter_hides_the_runs_and_how_to_clear_it
11. rely on one meaning for each key
    test_a_run_in_training_is_stopped_only_after_a_confirmation
    test_a_key_has_one_meaning_on_all_screens
12. name runs, delete them without fear, and choose and sort the columns
    test_give_a_run_a_name_a_note_and_tags
    test_a_deleted_run_comes_back_by_undo_also_in_a_later_lab
    test_columns_are_chosen_ordered_and_remembered
    test_the_best_run_is_the_first_row_after_a_click_on_the_title_of_a_figure
13. see what a starting run does
    test_the_details_of_a_starting_run_show_what_its_worker_does
14. work in a folder that cannot be written
    test_work_in_a_folder_that_cannot_be_written
15. read the candidates of the default decoders on a small screen
    test_15_read_the_seven_candidates_of_the_default_decoders_on_a_small_screen
16. paste and edit prompts of several lines
    test_16_paste_several_lines_into_a_prompt_and_send_all_of_them
    test_16_edit_a_prompt_in_the_editor_of_ones_choice
17. classify a document in the lab
    test_17_classify_a_document_in_the_lab_and_find_it_again_on_the_prompt_screen
18. leave a text and a screen by the same keys everywhere
    test_18_press_enter_twice_and_leave_a_screen_with_escape_twice
    test_after_enter_the_focus_stays_in_the_text_and_escape_goes_to_the_tree_then_home
    test_without_a_text_the_screen_says_what_to_do
19. see that an answer is of older weights
    test_19_see_that_an_answer_is_of_older_weights_while_training_continues
20. fill in the form of a new run
    test_a_run_is_started_by_keys_escape_discards_and_a_start_keeps_what_was_written
    test_a_corpus_is_a_path_of_the_working_folder_completed_by_tab_or_taken_from_the_list
    test_a_recipe_fills_in_all_is_emptied_and_comes_back_and_its_command_is_copied
21. compare many runs without broken numbers
    test_no_selected_run_is_left_out_silently_and_no_number_is_broken
22. see that a verb works, and tell the two figures of the validation split apart
    test_a_slow_verb_shows_its_progress_on_a_terminal_and_nothing_in_a_pipe
    test_the_whole_split_and_the_part_that_training_reads_have_two_names
23. find an action by any word, and take a picture on any machine
    test_the_palette_finds_an_action_by_another_word_and_shows_its_key_and_help
    test_a_picture_of_the_screen_is_written_by_a_key_and_by_the_palette
24. open every screen without function keys, at 80 columns
    test_g_and_a_letter_open_a_screen_and_the_next_keys_are_typed_there
    test_every_screen_is_named_at_80_columns_with_its_letter_underlined
25. complete words in the shell, write into a pipe, read a short help
    test_every_entry_of_a_registry_is_completed_with_its_summary
    test_a_single_candidate_goes_into_a_pipe_as_its_text_alone
    test_the_help_of_train_is_short_and_says_where_all_settings_are
26. list the runs without a remark on the shipped one
    test_weights_of_another_step_than_the_last_are_named
27. read whole sentences and every view's name in Inspect
    test_the_text_of_a_sentence_model_has_sentences_of_typical_lengths
    test_every_view_is_named_in_the_row_and_chosen_by_a_click
28. learn the key that helps, and read the legend below a toast
    test_ctrl_c_explains_itself_and_stops_nothing
    test_a_run_whose_worker_died_is_shown_as_lost
    test_a_long_toast_is_read_to_its_end_and_covers_no_legend
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.base.locations import shipped_runs
from rnnlab.runs.journal import Journal
from rnnlab.runs.records import EvalRecord
from tests.toys.app_lab import chart, row_text, table, until

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab

TESTS = Path(__file__).parents[1]
BRAILLE = re.compile("[\u2801-\u28ff]")


async def test_1_see_the_loss_fall_long_after_its_first_values(lab: Lab, app: LabApp) -> None:
    shutil.copytree(shipped_runs()[0], lab.store.root / "recorded")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 0." in chart(app, "loss"))
        rows = [row for row in chart(app, "loss").split("\n") if "┤" in row or "│" in row]
        late = [row for row in rows if BRAILLE.search(row[24:])]
        labels = re.findall(r"(?m)^ *(\d[\d.]*) ?┤", "\n".join(rows))
        assert len(late) >= len(rows) / 2
        assert len(labels) >= 4
        assert float(labels[0]) < 2, "the first losses, above 4, are an arrow with their value"


async def test_4_follow_the_accuracy_of_a_classifier_in_the_list_and_in_a_chart(
    lab: Lab, app: LabApp
) -> None:
    run = lab.add("opinions", "running", task="classify", val_accuracy=0.875)
    with Journal(run.paths.journal) as journal:
        for step, accuracy in ((50, 0.75), (60, 0.875)):
            journal.append(EvalRecord(step, step / 10, 9.0, 0.4, True, accuracy))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        assert "87.5%" in row_text(app, "opinions")
        await until(pilot, lambda: "val 0.875" in chart(app, "accuracy"))


def test_the_table_of_goals_is_complete_and_names_tests_that_exist() -> None:
    goals: dict[int, list[str]] = {}
    for line in (__doc__ or "").splitlines():
        if goal := re.match(r"(\d+)\. ", line):
            tests = goals.setdefault(int(goal[1]), [])
        elif test := re.fullmatch(r"    (test_\w+)", line):
            tests.append(test[1])
    assert list(goals) == list(range(1, 29))
    assert all(goals.values())
    texts = [file.read_text(encoding="utf-8") for file in TESTS.rglob("test_*.py")]
    existing = {name for text in texts for name in re.findall(r"def (test_\w+)\(", text)}
    assert not {test for tests in goals.values() for test in tests} - existing
