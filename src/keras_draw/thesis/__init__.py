"""Reproductions of the thesis's tables and figures, further experiments, and the demo."""
