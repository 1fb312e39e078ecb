"""Discretized logistics, single and mixed, as plain NumPy loops from the equations of PixelCNN++.

Nothing of keras_draw is imported. The mixture is in the paper's range -1..1. A pixel's parameters
are K logits, K C means, K C log scales, K C (C - 1) / 2 coefficients; a log scale of 0 stands for a
tenth of the image's range, and a tenth of a level is added to every scale.
"""

import numpy as np


def sigmoid(a):
    return np.exp(-np.logaddexp(0, -a))


def cut(parameters, k, c):
    """Shares (K,), means and scales (K, C), coefficients by component and channels."""
    logits = parameters[:k]
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    means = parameters[k : k + k * c].reshape(k, c)
    logs = parameters[k + k * c : k + 2 * k * c].reshape(k, c)
    scales = 2 * (0.1 * np.exp(logs) + 0.1 / 255)
    rest = list(parameters[k + 2 * k * c :])
    coefficients = {}
    for component in range(k):
        for channel in range(c):
            for earlier in range(channel):
                coefficients[component, channel, earlier] = np.tanh(rest.pop(0))
    return shares, means, scales, coefficients


def level_mass(level, mean, scale):
    """P(level) under a logistic rounded to the levels 2 k / 255 - 1, from the nearer tail."""
    value = 2 * level / 255 - 1
    side = 1 if value < mean else -1
    low, high = sorted((side * (value + end - mean) / scale) for end in (-1 / 255, 1 / 255))
    first, last = (level == 0, level == 255)[::side]
    return (1 if last else sigmoid(high)) - (0 if first else sigmoid(low))


def pixel_masses(levels, parameters, k):
    """P(level of channel | component, channels before it), (K, C), and the shares."""
    c = len(levels)
    shares, means, scales, coefficients = cut(parameters, k, c)
    values = [2 * level / 255 - 1 for level in levels]
    masses = np.zeros((k, c))
    for component in range(k):
        for channel in range(c):
            mean = means[component, channel]
            for earlier in range(channel):
                mean = mean + coefficients[component, channel, earlier] * values[earlier]
            masses[component, channel] = level_mass(
                levels[channel], mean, scales[component, channel]
            )
    return shares, masses


def nats(images, canvas, k):
    """-log p of each image: levels (B, H, W, C), canvas (B, H W parameters)."""
    total = np.zeros(len(images))
    for image in range(len(images)):
        pixels = images[image].reshape(-1, images.shape[-1])
        for levels, parameters in zip(pixels, canvas[image].reshape(len(pixels), -1), strict=True):
            shares, masses = pixel_masses(levels, parameters, k)
            total[image] -= np.log((shares * masses.prod(axis=1)).sum())
    return total


def mean_image(canvas, k, shape):
    """The mean of each pixel in 0..1, with each component clipped to that range: (B, H W C)."""
    height, width, c = shape
    found = []
    for parameters in canvas.reshape(len(canvas) * height * width, -1):
        shares, means, _, coefficients = cut(parameters, k, c)
        pixel = np.zeros(c)
        for component in range(k):
            values = []
            for channel in range(c):
                mean = means[component, channel]
                for earlier in range(channel):
                    mean = mean + coefficients[component, channel, earlier] * values[earlier]
                values.append(min(max(mean, -1), 1))
            pixel += shares[component] * (np.array(values) + 1) / 2
        found.append(pixel)
    return np.array(found).reshape(len(canvas), -1)


def discretized_logistic_nats(x, canvas, log_scale):
    """From differences of the logistic's tails; x is k / 255, the scale has 0.1 levels added."""
    mean, scale = sigmoid(canvas), np.exp(log_scale) + 0.1 / 255
    total = np.zeros(len(x))
    for image in range(len(x)):
        for u, m, s in zip(x[image], mean[image], scale, strict=True):
            side = 1 if u < m else -1  # the nearer tail, for precision of small masses
            low, high = sorted((side * (u - 1 / 510 - m) / s, side * (u + 1 / 510 - m) / s))
            black, white = (u < 0.001, u > 0.999)[::side]
            mass = (1 if white else sigmoid(high)) - (0 if black else sigmoid(low))
            total[image] -= np.log(mass)
    return total
