"""rnnlab: a terminal lab for recurrent networks on text."""

__version__ = "0.1.0"
