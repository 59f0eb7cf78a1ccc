"""The processes that compute: one trains a run, one answers prompts; neither needs a terminal."""
