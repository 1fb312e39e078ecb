"""Training: recipes, run folders, and running Keras's `fit` in a run folder."""
