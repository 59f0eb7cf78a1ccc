from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.base.preferences import (
    Preferences,
    announce_colors,
    checked,
    known,
    load_preferences,
    preferences_file,
    save_preference,
)
from rnnlab.tui.state.view_state import state_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "config.toml"


def test_without_a_file_all_values_are_defaults(file: Path) -> None:
    assert load_preferences(file) == Preferences()
    assert all(one.metadata["help"] for one in known())


def test_what_was_saved_is_loaded_again(file: Path) -> None:
    save_preference("theme", "light", file)
    save_preference("slots", "4", file)
    save_preference("refresh_s", 1.5, file)
    loaded = load_preferences(file)
    assert (loaded.theme, loaded.slots, loaded.refresh_s) == ("light", 4, 1.5)


def test_saving_keeps_comments_and_all_other_lines(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('# mine\ntheme = "dark"  # at night\n\nslots = 3\n')
    save_preference("theme", "high-contrast", file)
    assert file.read_text() == '# mine\ntheme = "high-contrast"  # at night\n\nslots = 3\n'


@pytest.mark.parametrize("line", ['  theme = "dark"', '"theme" = "dark"', "'theme'='dark'"])
def test_a_key_is_found_however_it_is_written(file: Path, line: str) -> None:
    file.parent.mkdir()
    file.write_text(f"slots = 3\n{line}\n")
    save_preference("theme", "light", file)
    assert load_preferences(file) == Preferences(theme="light", slots=3)


@pytest.mark.parametrize("text", ["[mine]\nslots = 3\n", "slots = [\n", "\xff"])
def test_a_file_that_would_become_invalid_is_not_changed(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text, encoding="latin-1")
    with pytest.raises(BadInputError, match=r"config\.toml"):
        save_preference("theme", "light", file)
    assert file.read_text(encoding="latin-1") == text


@pytest.mark.parametrize(
    "command",
    ['curl -d "$RNNLAB_MESSAGE" ntfy.sh/me  # mine', "echo 'it''s' \\ done", "notify-send é", ""],
)
def test_a_command_is_saved_as_it_is_written(file: Path, command: str) -> None:
    file.parent.mkdir()
    file.write_text('notify = "old # \\" one"  # of last year\n')
    save_preference("notify", command, file)
    assert load_preferences(file).notify == command
    save_preference("notify", "another", file)
    assert file.read_text() == 'notify = "another"  # of last year\n'


def test_a_command_of_several_lines_is_rejected() -> None:
    with pytest.raises(BadInputError, match="on one line"):
        checked("notify", "a\nb")


def test_a_linked_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    (tmp_path / "dotfile").write_text("")
    file.symlink_to(tmp_path / "dotfile")
    save_preference("slots", 5, file)
    assert file.is_symlink()
    assert load_preferences(file).slots == 5


def test_the_environment_overrides_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_preference("theme", "light", file)
    monkeypatch.setenv("RNNLAB_THEME", "dark")
    assert load_preferences(file).theme == "dark"


def test_without_a_home_folder_only_the_environment_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_home(self: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("RNNLAB_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RNNLAB_SLOTS", "3")
    monkeypatch.setattr(Path, "expanduser", no_home)
    assert load_preferences() == Preferences(slots=3)
    with pytest.raises(BadInputError, match="no home folder"):
        save_preference("slots", 4)
    assert state_file(Path("checkpoints")) is None


@pytest.mark.parametrize("folder", ["/dev/null", "closed"])
def test_a_home_that_is_not_the_users_has_no_file(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / folder
    if folder == "closed":
        home.mkdir(mode=0)
        if os.access(home, os.X_OK):
            pytest.skip("this user may look everywhere")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    assert load_preferences() == Preferences()


def test_the_environment_chooses_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/x")
    assert preferences_file() == Path("/x/rnnlab/config.toml")
    monkeypatch.setenv("RNNLAB_CONFIG", "/y/z.toml")
    assert preferences_file() == Path("/y/z.toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [('them = "dark"', "unknown preference 'them'; did you mean 'theme'?"),
     ('theme = "pink"', "theme = 'pink'; choose one of auto, dark"),
     ("slots = 0", "an integer from 1"),
     ("slots = true", "an integer"), ("slots = 1.5", "an integer"),
     ("slots = inf", "an integer"), ("[", "not a TOML file")],
)  # fmt: skip
def test_an_error_names_the_file_and_the_key(file: Path, text: str, says: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(BadInputError) as caught:
        load_preferences(file)
    assert says in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_bad_value_is_not_saved(file: Path) -> None:
    with pytest.raises(BadInputError):
        save_preference("glyphs", "runes", file)
    assert not file.exists()


def test_a_number_is_taken_from_text() -> None:
    assert checked("slots", "7") == 7


@pytest.mark.parametrize(
    ("colors", "system", "no_color"),
    [("16", "standard", None), ("none", None, "1"), ("auto", None, None)],
)
def test_textual_gets_the_preferred_colours(
    monkeypatch: pytest.MonkeyPatch, colors: str, system: str | None, no_color: str | None
) -> None:
    for name in ("TEXTUAL_COLOR_SYSTEM", "NO_COLOR"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("RNNLAB_COLORS", colors)
    announce_colors()
    assert os.environ.get("TEXTUAL_COLOR_SYSTEM") == system
    assert os.environ.get("NO_COLOR") == no_color
