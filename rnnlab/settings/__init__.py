"""The settings of a run: types, defaults, limits, help, groups, changes and schedules."""
