"""The thesis's tables and figures again, questions beyond them, and the demo."""
