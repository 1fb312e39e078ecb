"""What every figure shares."""

COLOURS = {"train": "#1b5e9e", "validation": "#d1662a", "read": "#2f9e44", "write": "#f76707"}
"""The same colour for the same thing in every figure."""
