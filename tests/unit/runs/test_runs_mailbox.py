from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.mailbox import Command, clear, collect, send
from tests.toys.environment import known_environment


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    return tmp_path / "mailbox"


def test_commands_are_taken_once_in_the_order_they_came(mailbox: Path) -> None:
    commands = [
        Command("pause"), Command("set", "lr", 0.1), Command("set", "lr", 0.2), Command("resume"),
        Command("checkpoint"), Command("stop"),
    ]  # fmt: skip
    for command in commands:
        send(mailbox, command)
    assert collect(mailbox) == commands
    assert collect(mailbox) == []
    assert list(mailbox.iterdir()) == []


def test_there_is_no_mail_without_a_mailbox(mailbox: Path) -> None:
    assert collect(mailbox) == []


def test_a_mailbox_that_is_a_link_loses_no_file(mailbox: Path) -> None:
    others = mailbox.parent / "project"
    others.mkdir()
    for name in ("package.json", ".half.json.tmp"):
        (others / name).write_text("{}")
    mailbox.symlink_to(others)
    with pytest.raises(OSError, match="a symbolic link"):
        collect(mailbox)
    with pytest.raises(RnnlabError, match=r"is a symbolic link: .*with `unlink"):
        send(mailbox, Command("stop"))
    with pytest.raises(RnnlabError, match=r"is a symbolic link: .*with `unlink"):
        clear(mailbox)
    assert sorted(file.name for file in others.iterdir()) == [".half.json.tmp", "package.json"]


def test_another_process_can_send(mailbox: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from rnnlab.runs.mailbox import Command, send;"
        "send(Path(sys.argv[1]), Command('stop'))"
    )
    send(mailbox, Command("pause"))
    env = known_environment(mailbox.parent)
    subprocess.run([sys.executable, "-c", code, mailbox], check=True, env=env)
    send(mailbox, Command("checkpoint"))
    assert [command.action for command in collect(mailbox)] == ["pause", "stop", "checkpoint"]


@pytest.mark.parametrize(
    "letter",
    [
        b"", b"{", b"[]", b"3", b"null", b"{}", b"\xff", b'{"action": "explode"}',
        b'{"action": ["stop"]}', b'{"action": "set", "name": "lr", "value": "fast"}',
        b'{"action": "set", "name": "lr", "value": null}', b"[" * 100_000,
        b'{"action": "set", "name": "lr", "value": 1' + b"0" * 400 + b"}",
    ],
)  # fmt: skip
def test_an_invalid_file_is_dropped_and_hides_no_command(mailbox: Path, letter: bytes) -> None:
    mailbox.mkdir()
    (mailbox / "00000-junk.json").write_bytes(letter)
    send(mailbox, Command("stop"))
    assert collect(mailbox) == [Command("stop")]
    assert list(mailbox.iterdir()) == []


def test_other_files_are_left_alone(mailbox: Path) -> None:
    (mailbox / "00000-folder.json").mkdir(parents=True)
    (mailbox / "note.txt").write_text('{"action": "stop"}')
    (mailbox / ".half.json.tmp").write_text('{"action": "stop"}')
    send(mailbox, Command("pause"))
    assert collect(mailbox) == [Command("pause")]
    assert {entry.name for entry in mailbox.iterdir()} == {
        "00000-folder.json", "note.txt", ".half.json.tmp",
    }  # fmt: skip


def test_a_newer_field_is_ignored(mailbox: Path) -> None:
    mailbox.mkdir()
    (mailbox / "1.json").write_text('{"action": "stop", "why": "tired"}')
    assert collect(mailbox) == [Command("stop")]


@settings(max_examples=30)
@given(st.floats(allow_nan=False), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_command_arrives_as_it_was_sent(
    tmp_path_factory: pytest.TempPathFactory, value: float, name: str
) -> None:
    mailbox = tmp_path_factory.mktemp("mail") / "mailbox"
    send(mailbox, Command("set", name, value))
    assert collect(mailbox) == [Command("set", name, value)]


def test_a_mailbox_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(RnnlabError, match=r"cannot write to .*gone/mailbox: No such file"):
        send(tmp_path / "gone" / "mailbox", Command("stop"))
