"""The processes that compute: one trains a run, one answers prompts. Neither ever needs a terminal."""
