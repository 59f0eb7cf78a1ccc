"""The insight views: what an inspection returned, and the actions on it."""
