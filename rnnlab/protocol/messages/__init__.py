"""The messages between a front end and the generator process: JSON lines on its two pipes.

A question is one line of input; its replies are lines of output, the last one `Ended`. A line
`{"cancel": ask}` cancels the question with that number; `{"ping": n}` is answered at once. A
question is answered by the file of `worker/answers` that is named after its `kind`. `rnnlab
generate --json` prints each `Answer` with the same fields.
"""

from typing import TYPE_CHECKING

from rnnlab.base.lazy import lazy_names

if TYPE_CHECKING:
    from rnnlab.protocol.messages._answer import (
        CLASSIFY,
        END_MARK,
        END_WORDS,
        EOS,
        Answer,
    )
    from rnnlab.protocol.messages._defaults import DEFAULT_DECODERS, DEFAULT_LENGTH, MAX_SEED
    from rnnlab.protocol.messages._questions import (
        Distributions,
        Expand,
        Generate,
        Inspect,
        Question,
        RunName,
        RunPath,
    )
    from rnnlab.protocol.messages._replies import (
        Alive,
        Classified,
        DistributionsFound,
        Ended,
        Expanded,
        Failed,
        Inspected,
        Progress,
        Ready,
        Reply,
        Started,
        Trace,
    )

__all__ = [
    "CLASSIFY",
    "DEFAULT_DECODERS",
    "DEFAULT_LENGTH",
    "END_MARK",
    "END_WORDS",
    "EOS",
    "MAX_SEED",
    "Alive",
    "Answer",
    "Classified",
    "Distributions",
    "DistributionsFound",
    "Ended",
    "Expand",
    "Expanded",
    "Failed",
    "Generate",
    "Inspect",
    "Inspected",
    "Progress",
    "Question",
    "Ready",
    "Reply",
    "RunName",
    "RunPath",
    "Started",
    "Trace",
]

__getattr__ = lazy_names(
    __name__,
    {
        "_answer": "CLASSIFY END_MARK END_WORDS EOS Answer",
        "_defaults": "DEFAULT_DECODERS DEFAULT_LENGTH MAX_SEED",
        "_questions": "Distributions Expand Generate Inspect Question RunName RunPath",
        "_replies": (
            "Alive Classified DistributionsFound Ended Expanded Failed Inspected "
            "Progress Ready Reply Started Trace"
        ),
    },
)
