"""Values of settings: conversion from text, and files with some of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.settings.values import parse_setting, read_settings


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("hidden", "12", 12), ("lr", "1e-3", 0.001), ("tied", "true", True), ("hidden", "-1", -1),
     ("hidden", "many", "many")],
)  # fmt: skip
def test_a_text_is_converted_to_the_type_of_its_setting(
    name: str, text: str, value: object
) -> None:
    assert parse_setting(name, text) == value


@pytest.mark.parametrize(("line", "problem"), [("hiden = 3", "'hidden'"), ("hidden = 0", "0")])
def test_a_bad_setting_in_a_file_names_file_and_setting(
    tmp_path: Path, line: str, problem: str
) -> None:
    file = tmp_path / "a.toml"
    file.write_text(line)
    with pytest.raises(BadInputError, match=rf"a\.toml: .*{problem}"):
        read_settings(file)


def test_settings_in_a_file_need_no_corpus(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("hidden = 3")
    assert read_settings(file) == {"hidden": 3}


def test_settings_in_a_file_may_need_those_of_another_layer(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("tied = true")
    assert read_settings(file) == {"tied": True}
