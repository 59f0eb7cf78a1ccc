"""The insight views: the findings of an inspection, and the actions on it."""
