"""Training: recipes, run folders, and Keras's `fit` on one of them."""
