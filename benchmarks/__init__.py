"""Measurements: each script opens with the question it asks; README.md has the answers."""
