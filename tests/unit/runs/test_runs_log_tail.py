"""The end of a worker's log, within bounded memory."""

from __future__ import annotations

import os
from pathlib import Path

from rnnlab.runs.log_tail import LogTail


def test_new_lines_are_read_and_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "worker.log"
    tail = LogTail(file)
    assert tail.read() == ""
    file.write_text("one\n")
    assert tail.read() == "one\n"
    stat = file.stat()
    file.write_text("ONE\n")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert tail.read() == "one\n", "inode, size and time are the same"
    with file.open("a") as stream:
        stream.write("two\n")
    assert tail.read() == "ONE\ntwo\n"
    file.unlink()
    assert tail.read() == ""


def test_a_long_log_begins_at_a_line(tmp_path: Path) -> None:
    file = tmp_path / "worker.log"
    file.write_bytes(b"".join(b"line %d\n" % number for number in range(1000)) + b"\xff\n")
    text = LogTail(file, most_bytes=100).read()
    assert len(text) <= 100
    assert text.startswith("line 9")
    assert text.endswith("line 999\n�\n")
