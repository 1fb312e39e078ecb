"""Inception-v3 for features: the network, readers of all published weights, and engines."""
