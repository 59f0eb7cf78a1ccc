"""Fuzz one target, guided by coverage, for some seconds: `python -m tests.fuzz.child NAME`.

Atheris (libFuzzer) chooses the inputs that reach new branches of the package. It ends the process
itself; `python -m tests.fuzz` starts one process per target and reads what it prints.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

FINDING = "FINDING"
"""First word of the line for each new finding."""
MOST_BYTES = 4096
"""Maximum size of an input."""


def place_of(error: BaseException) -> str:
    """Return the type of an error and the last line of the package or target that raised it."""
    ours = [
        f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename
    ]
    last = ours[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def reporting(run: Callable[[bytes], None], kept: Path) -> Callable[[bytes], None]:
    """Return a function that runs a target, keeps the first input of each finding and prints it."""
    known: set[str] = set()

    def once(data: bytes) -> None:
        try:
            run(data)
        except Exception as error:
            place = place_of(error)
            if place not in known:
                known.add(place)
                file = kept / f"finding-{hashlib.sha256(data).hexdigest()[:12]}"
                file.write_bytes(data)
                print(f"{FINDING} {place}: {error!r:.200} {file}", flush=True)

    return once


def main() -> None:
    """Fuzz a target until its time is over."""
    import atheris

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, default=Path(".fuzz"))
    options = parser.parse_args()
    with atheris.instrument_imports(include=["rnnlab"]):
        from tests.fuzz.targets import TARGETS
    target = TARGETS[options.name]
    corpus, kept = (options.corpus / options.name / part for part in ("corpus", "findings"))
    for folder in (corpus, kept):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    once = reporting(target.run, kept)
    for earlier in kept.glob("*"):  # a finding that is not mended is reported again
        once(earlier.read_bytes())
    arguments = [
        sys.argv[0], f"-max_total_time={options.seconds}", f"-max_len={MOST_BYTES}", "-timeout=20",
        "-rss_limit_mb=3000", f"-artifact_prefix={kept}/", "-print_final_stats=1", str(corpus),
    ]  # fmt: skip
    atheris.Setup(arguments, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
