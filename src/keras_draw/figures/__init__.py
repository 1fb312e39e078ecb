"""Pictures made from arrays: grids, curves, latents. Nothing here knows about models."""
