"""Colours that all figures share."""

COLOURS = {"train": "#1b5e9e", "validation": "#d1662a", "read": "#2f9e44", "write": "#f76707"}
"""Each of these has the same colour in every figure."""
