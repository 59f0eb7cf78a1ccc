"""The settings of a run: their defaults, limits and help; their groups; where values come from."""
