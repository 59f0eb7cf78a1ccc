"""The widgets of the compare screen."""
