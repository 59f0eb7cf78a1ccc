"""The settings of a run: types, defaults, limits, help and groups."""
