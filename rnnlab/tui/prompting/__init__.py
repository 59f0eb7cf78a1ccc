"""What the app needs to prompt a run."""
