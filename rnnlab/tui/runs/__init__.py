"""What the app shows of the folder of runs."""
