"""What every room uses: errors, files, names, text for people, locations, registry, preferences."""
