"""Defaults and limits of prompts, without the questions: the command line needs only these."""

DEFAULT_DECODERS = ("greedy", "nucleus:p=0.9", "beam:k=5")
"""Default decoder specs of `generate`, `compare --prompt` and the prompt of the app."""
DEFAULT_LENGTH = 120
"""Default maximum number of tokens to write."""
MAX_SEED = 2**31 - 1
