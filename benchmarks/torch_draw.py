"""DRAW in eager PyTorch, as one would usually write it there: the baseline of the benchmarks.

Cells are functions, timesteps are a Python loop, and autograd differentiates it. Each cell has one
kernel for all its inputs; each window is two batched products.
"""

import math
from typing import NamedTuple

import torch

Parameters = dict[str, torch.Tensor]


class Windows(NamedTuple):
    """Sizes that do not follow from the parameters."""

    image_shape: tuple[int, int, int] = (28, 28, 1)
    """height, width, channels."""
    read: int | None = None
    """N of the reading window; None: the whole image."""
    write: int | None = None
    """N of the writing window; None: the whole canvas."""


def lstm(gates: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The standard cell: gate inputs (B, 4 H) and c (B, H) -> new c and h."""
    i, f, o, candidate = gates.chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(candidate)
    return c, torch.sigmoid(o) * torch.tanh(c)


def filterbank(centre, delta, sigma, n: int, size: int) -> torch.Tensor:
    """N normalised Gaussian filters along an axis (B, N, size)."""
    mu = centre + (torch.arange(1, n + 1) - n / 2 - 0.5) * delta  # (B, N)
    pixels = torch.arange(1, size + 1)
    return torch.softmax(-((pixels - mu[..., None]) ** 2) / (2 * sigma[..., None] ** 2), dim=-1)


def window(p: Parameters, name: str, h: torch.Tensor, n: int, shape: tuple[int, int, int]):
    """F_Y, F_X and gamma of the window that the decoder places."""
    height, width, _ = shape
    gx, gy, log_var, log_delta, log_gamma = (h @ p[name] + p[f"{name}_bias"]).split(1, dim=-1)
    sigma = torch.exp(log_var / 2)
    delta = (max(height, width) - 1) / (n - 1) * torch.exp(log_delta) if n > 1 else 0 * log_delta
    f_y = filterbank((height + 1) / 2 * (gy + 1), delta, sigma, n, height)
    f_x = filterbank((width + 1) / 2 * (gx + 1), delta, sigma, n, width)
    return f_y, f_x, torch.exp(log_gamma)


def read(p: Parameters, x, error, h, sizes: Windows) -> torch.Tensor:
    """The glimpse: image and error image, complete or through the window."""
    if sizes.read is None:
        return torch.cat([x, error], dim=-1)
    f_y, f_x, gamma = window(p, "read", h, sizes.read, sizes.image_shape)
    height, width, channels = sizes.image_shape
    seen = []
    for image in (x, error):
        planes = image.view(-1, height, width, channels).permute(0, 3, 1, 2)
        patch = f_y[:, None] @ planes @ f_x[:, None].transpose(2, 3)
        seen.append(gamma * patch.permute(0, 2, 3, 1).flatten(1))
    return torch.cat(seen, dim=-1)


def write(p: Parameters, h, sizes: Windows) -> torch.Tensor:
    """The stroke on the canvas, complete or through the window."""
    patch = h @ p["canvas"] + p["canvas_bias"]
    if sizes.write is None:
        return patch
    n, channels = sizes.write, sizes.image_shape[2]
    f_y, f_x, gamma = window(p, "write", h, n, sizes.image_shape)
    planes = patch.view(-1, n, n, channels).permute(0, 3, 1, 2)
    stroke = f_y[:, None].transpose(2, 3) @ planes @ f_x[:, None]
    return stroke.permute(0, 2, 3, 1).flatten(1) / gamma


def paint(p: Parameters, canvas, c, h, z, sizes: Windows):
    """The decoder half of a timestep: new canvas, c and h."""
    gates = torch.cat([z, h], dim=-1) @ p["decoder"] + p["decoder_bias"]
    c, h = lstm(gates, c)
    return canvas + write(p, h, sizes), c, h


def loss_of(
    p: Parameters,
    x: torch.Tensor,
    noise: torch.Tensor,
    sizes: Windows,
    *,
    hoisted: bool = False,
) -> torch.Tensor:
    """The negative bound of a batch (mean, nats per image).

    Args:
        p: parameters. The rows of the encoder's kernel are those of the glimpse, h_dec and h_enc.
        x: images (B, D).
        noise: standard normal (T, B, Z).
        sizes: sizes of image and windows.
        hoisted: multiply the image once before the loop (only if the whole image is read).
    """
    (batch, pixels), hidden = x.shape, p["decoder"].shape[1] // 4
    canvas = x.new_zeros(batch, pixels)
    c_enc = h_enc = c_dec = h_dec = x.new_zeros(batch, hidden)
    kl = x.new_zeros(batch)
    if hoisted:
        image, rest = p["encoder"][:pixels], p["encoder"][pixels:]
        drive = x @ image + p["encoder_bias"]
    for epsilon in noise:
        error = x - torch.sigmoid(canvas)
        if hoisted:
            gates = torch.cat([error, h_dec, h_enc], dim=-1) @ rest + drive
        else:
            seen = read(p, x, error, h_dec, sizes)
            gates = torch.cat([seen, h_dec, h_enc], dim=-1) @ p["encoder"] + p["encoder_bias"]
        c_enc, h_enc = lstm(gates, c_enc)
        mu, log_var = (h_enc @ p["posterior"] + p["posterior_bias"]).chunk(2, dim=-1)
        z = mu + torch.exp(log_var / 2) * epsilon
        kl = kl + 0.5 * (mu**2 + torch.exp(log_var) - 1 - log_var).sum(dim=-1)
        canvas, c_dec, h_dec = paint(p, canvas, c_dec, h_dec, z, sizes)
    cost = torch.nn.functional.binary_cross_entropy_with_logits(canvas, x, reduction="none")
    return (cost.sum(dim=-1) + kl).mean()


def draw(p: Parameters, z: torch.Tensor, sizes: Windows) -> torch.Tensor:
    """Images from latents (T, B, Z)."""
    hidden = p["decoder"].shape[1] // 4
    canvas = z.new_zeros(z.shape[1], math.prod(sizes.image_shape))
    c = h = z.new_zeros(z.shape[1], hidden)
    with torch.inference_mode():
        for latent in z:
            canvas, c, h = paint(p, canvas, c, h, latent, sizes)
        return torch.sigmoid(canvas)
