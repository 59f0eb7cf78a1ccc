"""Modules used everywhere: errors, files, names, display, locations, registry, preferences."""
