"""Random keys, clicks and sizes in the lab; `monkey.py` presses them by itself."""

from __future__ import annotations

from tests.soak.monkey import play_once
from tests.soak.rows import Check, Row, Tell

_AT_ONCE = 1000


def check(number: int, seed: int, tell: Tell) -> Row:
    """Press N keys; an error of the app ends the check with its traceback."""
    row = Row("random keys, clicks and sizes")
    num_labs = 0
    while row.faults < number:
        num_keys = play_once(min(_AT_ONCE, number - row.faults), f"{seed}.{num_labs}")
        num_labs += 1
        row.faults += num_keys
        row.survived += num_keys
        tell(f"{row.faults} keys in {num_labs} labs")
    row.note = f"in {num_labs} labs"
    return row


CHECK = Check(check, full=20_000, quick=1000)
