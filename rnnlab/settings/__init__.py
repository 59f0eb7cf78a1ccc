"""The settings of a run: defaults, limits, help and groups, and the layers that give the values."""
