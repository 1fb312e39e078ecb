"""Arrays in, pictures out: grids, curves, latents. Never sees a model."""
