"""The view, saved in a file."""

from __future__ import annotations

from pathlib import Path

from rnnlab.tui.state.view_state import ViewState, load_view, save_view


def test_a_view_is_saved_and_broken_parts_of_its_file_are_ignored(tmp_path: Path) -> None:
    file = tmp_path / "x" / "view.json"
    save_view(
        ViewState(chosen="a", colors={"a": 3}, smoothing=0.9, panes={"lab": {"runs": False}}), file
    )
    assert load_view(file).colors == {"a": 3}
    assert load_view(file).panes == {"lab": {"runs": False}}
    file.write_text('{"chosen": 7, "colors": {"a": "x"}, "axis": "sideways", "smoothing": 0.5}')
    assert load_view(file) == ViewState(smoothing=0.5)
    for text in ("[", "[]", "null", "\xff"):
        file.write_text(text)
        assert load_view(file) == ViewState()
    assert load_view(tmp_path / "none") == ViewState()
    save_view(ViewState(), tmp_path / "x" / "view.json" / "no-folder")


def test_sizes_of_panes_and_chosen_charts_are_saved_and_a_file_without_them_still_loads(
    tmp_path: Path,
) -> None:
    file = tmp_path / "view.json"
    file.write_text('{"sort": "val", "charts": ["bits"], "is_single": true}', encoding="utf-8")
    old = load_view(file)
    assert (old.sort, old.charts, old.sizes, old.charts_off) == ("val", ["bits"], {}, [])
    assert old.has_means
    old.sizes = {"lab/-wide": {"runs": 0.25}}
    old.charts_off, old.has_means = ["loss"], False
    save_view(old, file)
    assert load_view(file) == old
    for broken in ('{"lab": {"runs": 2.0}}', '{"lab": {"runs": true}}', '{"lab": [1]}', "[]"):
        file.write_text(f'{{"sizes": {broken}}}', encoding="utf-8")
        assert load_view(file).sizes == {}
