"""Measuring trained networks: arrays in, named numbers out."""
