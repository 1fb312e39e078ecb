"""A page that draws."""
