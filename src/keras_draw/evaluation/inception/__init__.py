"""Inception-v3 for features: its definition, the weights in every published form, what runs it."""
