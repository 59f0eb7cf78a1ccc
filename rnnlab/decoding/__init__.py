"""Decoders: searches in numpy that call `step(state, parents, tokens) -> (log_probs, state)`.

Decoders have no access to the model itself. There is one file per decoder and one per filter.
"""

from typing import TYPE_CHECKING

from rnnlab.base.lazy import lazy_names

if TYPE_CHECKING:
    from rnnlab.decoding._base import Decoder, Expansion, Frame
    from rnnlab.decoding._describe import (
        OptionHelp,
        make_spec,
        option_help,
        options_of,
        spec_values,
    )
    from rnnlab.decoding._draws import draw, draw_at
    from rnnlab.decoding._filter import Filter
    from rnnlab.decoding._hypothesis import End, Hypothesis, empty_hypothesis
    from rnnlab.decoding._numbers import Ids, LogProbs
    from rnnlab.decoding._options import FILTERS, Options
    from rnnlab.decoding._spec import Spec, option_names, parse_spec
    from rnnlab.decoding._step import (
        BeamRules,
        BeamStep,
        Features,
        Filtering,
        Goals,
        LiveBeam,
        Prompt,
        SearchStart,
        State,
        Step,
        Writer,
        Written,
        WrittenBeams,
    )
    from rnnlab.decoding._text import Rows
    from rnnlab.decoding._trace import (
        TracedAnswer,
        TracedHypothesis,
        TracedRow,
        TracedStep,
        TracedToken,
        Tracer,
        read_row,
        read_step,
        row_values,
    )
    from rnnlab.decoding._tree import Branch, grow_tree
    from rnnlab.decoding._values import parse_prompts, split_specs

__all__ = [
    "FILTERS",
    "BeamRules",
    "BeamStep",
    "Branch",
    "Decoder",
    "End",
    "Expansion",
    "Features",
    "Filter",
    "Filtering",
    "Frame",
    "Goals",
    "Hypothesis",
    "Ids",
    "LiveBeam",
    "LogProbs",
    "OptionHelp",
    "Options",
    "Prompt",
    "Rows",
    "SearchStart",
    "Spec",
    "State",
    "Step",
    "TracedAnswer",
    "TracedHypothesis",
    "TracedRow",
    "TracedStep",
    "TracedToken",
    "Tracer",
    "Writer",
    "Written",
    "WrittenBeams",
    "draw",
    "draw_at",
    "empty_hypothesis",
    "grow_tree",
    "make_spec",
    "option_help",
    "option_names",
    "options_of",
    "parse_prompts",
    "parse_spec",
    "read_row",
    "read_step",
    "row_values",
    "spec_values",
    "split_specs",
]

__getattr__ = lazy_names(
    __name__,
    {
        "_base": "Decoder Expansion Frame",
        "_describe": "OptionHelp make_spec option_help options_of spec_values",
        "_draws": "draw draw_at",
        "_filter": "Filter",
        "_hypothesis": "End Hypothesis empty_hypothesis",
        "_numbers": "Ids LogProbs",
        "_options": "FILTERS Options",
        "_spec": "Spec option_names parse_spec",
        "_step": (
            "BeamRules BeamStep Features Filtering Goals LiveBeam Prompt SearchStart "
            "State Step Writer Written WrittenBeams"
        ),
        "_text": "Rows",
        "_trace": (
            "TracedAnswer TracedHypothesis TracedRow TracedStep TracedToken Tracer "
            "read_row read_step row_values"
        ),
        "_tree": "Branch grow_tree",
        "_values": "parse_prompts split_specs",
    },
)
