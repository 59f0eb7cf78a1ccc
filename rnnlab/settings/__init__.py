"""The settings of a run: defaults, limits, help and groups; the layers that give them values."""
