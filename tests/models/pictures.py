"""A few images of 5 x 4 pixels, and their classes."""

import numpy as np

N, K = 12, 3
IMAGES = np.random.default_rng(0).random((N, 5, 4, 1)).astype("float32")
LABELS = np.arange(N) % K
