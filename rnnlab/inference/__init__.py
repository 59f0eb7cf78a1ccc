"""What a trained model can do: continue, score and classify texts; its loss on a split.

On the CPU, the native engine runs the plain cells: nothing here imports torch before a model needs
it.
"""

from typing import TYPE_CHECKING

from rnnlab.base.lazy import lazy_names

if TYPE_CHECKING:
    from rnnlab.inference._beginnings import check_prefix
    from rnnlab.inference._classify import Verdict, classify_texts
    from rnnlab.inference._distributions import TextDistributions, distributions_of
    from rnnlab.inference._evaluate import Evaluation, evaluate_loaded, evaluate_with
    from rnnlab.inference._expand import Expander, Expansions
    from rnnlab.inference._generate import (
        Continuation,
        GenerationStep,
        PrefilledPrompts,
        continue_prefilled,
        continue_texts,
        prefill,
    )
    from rnnlab.inference._loaded import LoadedModel, load_model
    from rnnlab.inference._prompt import EncodedPrompt, Unknown, begin_text, encode_prompt
    from rnnlab.inference._score import TextScore, encode_text, score_text
    from rnnlab.inference._tally import Tally

__all__ = [
    "Continuation",
    "EncodedPrompt",
    "Evaluation",
    "Expander",
    "Expansions",
    "GenerationStep",
    "LoadedModel",
    "PrefilledPrompts",
    "Tally",
    "TextDistributions",
    "TextScore",
    "Unknown",
    "Verdict",
    "begin_text",
    "check_prefix",
    "classify_texts",
    "continue_prefilled",
    "continue_texts",
    "distributions_of",
    "encode_prompt",
    "encode_text",
    "evaluate_loaded",
    "evaluate_with",
    "load_model",
    "prefill",
    "score_text",
]

__getattr__ = lazy_names(
    __name__,
    {
        "_beginnings": "check_prefix",
        "_classify": "Verdict classify_texts",
        "_distributions": "TextDistributions distributions_of",
        "_evaluate": "Evaluation evaluate_loaded evaluate_with",
        "_expand": "Expander Expansions",
        "_generate": (
            "Continuation GenerationStep PrefilledPrompts continue_prefilled continue_texts prefill"
        ),
        "_loaded": "LoadedModel load_model",
        "_prompt": "EncodedPrompt Unknown begin_text encode_prompt",
        "_score": "TextScore encode_text score_text",
        "_tally": "Tally",
    },
)
