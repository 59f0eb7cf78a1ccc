"""The help of the verbs that take the settings of a run."""

from __future__ import annotations

import pytest

from rnnlab import cli
from rnnlab.settings.command_line import flag_of
from rnnlab.settings.groups import COMMON_GROUPS, groups
from rnnlab.settings.run_config import RunConfig

FLAGS = {name: flag_of(name) for name in RunConfig.model_fields if name != "corpus"}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_the_help_of_train_is_short_and_says_where_all_settings_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.run(["train", "--help"]) == 0
    text = capsys.readouterr().out
    shown = {name for name, flag in FLAGS.items() if f"  {flag} " in text}
    common = {name for title, names in groups().items() if title in COMMON_GROUPS for name in names}
    assert shown == common & FLAGS.keys()
    last = text.splitlines()[-1]
    assert last.startswith(f"{len(FLAGS) - len(shown)} more settings: ")
    assert last.endswith(" train --help-all")


def test_train_shows_the_groups_of_the_form_with_two_lines_for_each_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.run(["train", "--help-all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for title, names in groups().items():
        section = lines[lines.index(f"{title}:") + 1 :]
        section = section[: section.index("")] if "" in section else section
        flags = [line.split()[0] for line in section[::2]]
        for name in set(names) - {"corpus"}:
            help_line = section[2 * flags.index(flag_of(name)) + 1]
            assert help_line.startswith("      "), name
        assert len(section) == 2 * len(flags)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("verb", ["inspect", "reproduce"])
def test_no_training_setting_is_shown_but_each_is_accepted(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([verb, "--help"]) == 0
    words = set(capsys.readouterr().out.split())
    assert not words & set(FLAGS.values())
    recipe = ["--recipe", "nobody"] if verb == "inspect" else ["nobody"]
    assert cli.run([verb, *recipe, "--hidden", "8", "--one-hot"]) == 2
    assert "unknown recipe 'nobody'" in capsys.readouterr().err
