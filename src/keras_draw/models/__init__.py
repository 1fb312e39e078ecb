"""The network: cells, windows, likelihoods, one recurrence, and the Keras model around them."""
