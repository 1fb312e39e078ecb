"""DRAW as a plain NumPy loop, written from the equations; nothing of keras_draw is imported.

Weights are separate matrices, one per input and gate, cut from the arrays of a network by the
layout that its documentation states (gates: input, forget, output, candidate, or of a GRU update,
reset, candidate; rows of the changing kernel: what is read, h_dec, own past; rows of the static
kernel: x where it is read whole, y).
Windows are read and written filter by filter and pixel by pixel, counted from 1 as in the paper.
"""

import numpy as np
from models import numpy_mixture

GATES = {4: ("input", "forget", "output", "candidate"), 3: ("update", "reset", "candidate")}


def described(config):
    """A configuration in the form that this loop uses."""
    return {
        "D": config.num_pixels,
        "H": config.hidden_dim,
        "Z": config.latent_dim,
        "T": config.timesteps,
        "K": config.num_classes,
        "cell": config.cell,
        "mixture": config.mixture_components if config.likelihood == "logistic-mixture" else 0,
        "share_recurrent": config.share_recurrent,
        "share_heads": config.share_heads,
        "latent_dense": config.latent_dense,
        "shape": config.image_shape,
        "read": config.read,
        "write": config.write,
    }


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def at(weights, name, t, shared):
    return weights[name] if shared else weights[name][t]


def cut_gates(kernel, count):
    return dict(zip(GATES[count], np.split(kernel, count, axis=-1), strict=True))


def count_of(cfg):
    return 3 if cfg["cell"] == "gru" else 4


def changing_kernel(cfg, weights, cell, t):
    """All gates, concatenated."""
    kernel = at(weights, f"{cell}_kernel", t, cfg["share_recurrent"])
    if cfg["cell"] != "gru":
        return kernel
    candidate = at(weights, f"{cell}_candidate_kernel", t, cfg["share_recurrent"])
    return np.concatenate([kernel, candidate], axis=-1)


def painted(cfg, canvas):
    """The mean image of a canvas."""
    if cfg["mixture"]:
        return numpy_mixture.mean_image(canvas, cfg["mixture"], cfg["shape"])
    return sigmoid(canvas)


def canvas_channels(cfg):
    c = cfg["shape"][-1]
    return cfg["mixture"] * (1 + 2 * c + c * (c - 1) // 2) or c


def gru_step(w, inputs, h):
    def seen(gate):
        return w["bias"][gate] + sum(value @ w[name][gate] for name, value in inputs.items())

    update = sigmoid(seen("update") + h @ w["past"]["update"])
    reset = sigmoid(seen("reset") + h @ w["past"]["reset"])
    candidate = np.tanh(seen("candidate") + (reset * h) @ w["past"]["candidate"])
    return update * h + (1 - update) * candidate


def cell_step(kind, w, inputs, c, h):
    """`w`: matrix per (gate, input name), bias per gate; `inputs`: arrays by name."""
    if kind == "gru":
        return c, gru_step(w, inputs, h)
    past = h if kind == "lstm" else c
    pre = {}
    for gate in GATES[4]:
        total = w["bias"][gate] + past @ w["past"][gate]
        for name, value in inputs.items():
            total = total + value @ w[name][gate]
        pre[gate] = total
    new_c = sigmoid(pre["forget"]) * c + sigmoid(pre["input"]) * np.tanh(pre["candidate"])
    if kind == "lstm":
        new_h = sigmoid(pre["output"]) * np.tanh(new_c)
    else:
        new_h = np.tanh(new_c @ w["out_kernel"] + w["out_bias"]) * sigmoid(pre["output"])
    return new_c, new_h


def encoder_matrices(cfg, weights, t):
    d, h, n = cfg["D"], cfg["H"], count_of(cfg)
    shared = cfg["share_recurrent"]
    changing = changing_kernel(cfg, weights, "encoder", t)
    read = len(changing) - 2 * h
    w = {
        "read": cut_gates(changing[:read], n),
        "h_dec": cut_gates(changing[read : read + h], n),
        "past": cut_gates(changing[read + h :], n),
        "bias": cut_gates(at(weights, "encoder_bias", t, shared), n),
    }
    whole = 0 if cfg["read"] else d
    if whole or cfg["K"]:
        static = at(weights, "encoder_static_kernel", t, shared)
        w |= {"x": cut_gates(static[:whole], n)} if whole else {}
        w |= {"y": cut_gates(static[whole:], n)} if cfg["K"] else {}
    return w | read_out(cfg, weights, "encoder", t)


def decoder_matrices(cfg, weights, t):
    z, n = cfg["Z"], count_of(cfg)
    shared = cfg["share_recurrent"]
    changing = changing_kernel(cfg, weights, "decoder", t)
    w = {
        "z": cut_gates(changing[:z], n),
        "past": cut_gates(changing[z:], n),
        "bias": cut_gates(at(weights, "decoder_bias", t, shared), n),
    }
    if cfg["K"]:
        w["y"] = cut_gates(at(weights, "decoder_static_kernel", t, shared), n)
    return w | read_out(cfg, weights, "decoder", t)


def read_out(cfg, weights, name, t):
    if cfg["cell"] != "cell-gated":
        return {}
    shared = cfg["share_recurrent"]
    return {
        "out_kernel": at(weights, f"{name}_output_kernel", t, shared),
        "out_bias": at(weights, f"{name}_output_bias", t, shared),
    }


def window(cfg, weights, name, t, h_dec):
    """Centre across, centre down, sigma, stride, intensity, of one image (h_dec: (H,))."""
    heads, (height, width, _) = cfg["share_heads"], cfg["shape"]
    kernel, bias = at(weights, f"{name}_kernel", t, heads), at(weights, f"{name}_bias", t, heads)
    gx, gy, log_var, log_delta, log_gamma = h_dec @ kernel + bias
    n = cfg[name]
    delta = (max(width, height) - 1) / (n - 1) * np.exp(log_delta) if n > 1 else 0.0
    return (
        (width + 1) / 2 * (gx + 1),
        (height + 1) / 2 * (gy + 1),
        np.sqrt(np.exp(log_var)),
        delta,
        np.exp(log_gamma),
    )


def filters(centre, sigma, delta, n, size):
    """n rows of `size` weights, each of sum 1."""
    rows = np.zeros((n, size))
    for i in range(1, n + 1):
        mu = centre + (i - n / 2 - 0.5) * delta
        for a in range(1, size + 1):
            rows[i - 1, a - 1] = np.exp(-((a - mu) ** 2) / (2 * sigma**2))
        rows[i - 1] /= rows[i - 1].sum()
    return rows


def banks(cfg, weights, name, t, h_dec):
    x, y, sigma, delta, gamma = window(cfg, weights, name, t, h_dec)
    height, width, _ = cfg["shape"]
    n = cfg[name]
    return filters(y, sigma, delta, n, height), filters(x, sigma, delta, n, width), gamma


def look(f_y, f_x, image):
    """The sum of every filter over all pixels of one image (height, width, channels)."""
    n, channels = len(f_y), image.shape[-1]
    glimpse = np.zeros((n, n, channels))
    for i in range(n):
        for j in range(n):
            for c in range(channels):
                glimpse[i, j, c] = (np.outer(f_y[i], f_x[j]) * image[..., c]).sum()
    return glimpse


def touch(f_y, f_x, patch):
    """The contribution of a patch (n, n, channels) to one canvas (height, width, channels)."""
    n, _, channels = patch.shape
    canvas = np.zeros((f_y.shape[1], f_x.shape[1], channels))
    for i in range(n):
        for j in range(n):
            for c in range(channels):
                canvas[..., c] += patch[i, j, c] * np.outer(f_y[i], f_x[j])
    return canvas


def read_rows(cfg, weights, t, x, error, h_dec):
    """The first input of the encoder's changing kernel: (B, D) or (B, 2 n n channels)."""
    if not cfg["read"]:
        return error
    rows = []
    for image, missing, h in zip(x, error, h_dec, strict=True):
        f_y, f_x, gamma = banks(cfg, weights, "read", t, h)
        seen = [gamma * look(f_y, f_x, a.reshape(cfg["shape"])).ravel() for a in (image, missing)]
        rows.append(np.concatenate(seen))
    return np.stack(rows)


def write_rows(cfg, weights, t, h_dec):
    heads = cfg["share_heads"]
    kernel, bias = at(weights, "canvas_kernel", t, heads), at(weights, "canvas_bias", t, heads)
    if not cfg["write"]:
        return h_dec @ kernel + bias
    n, channels = cfg["write"], canvas_channels(cfg)
    rows = []
    for h in h_dec:
        f_y, f_x, gamma = banks(cfg, weights, "write", t, h)
        patch = (h @ kernel + bias).reshape(n, n, channels)
        rows.append((touch(f_y, f_x, patch) / gamma).ravel())
    return np.stack(rows)


def start(cfg, weights, name, batch, size):
    return np.tile(weights[name], (batch, 1)) if name in weights else np.zeros((batch, size))


def decode_step(cfg, weights, t, z, y, c, h, canvas):
    heads = cfg["share_heads"]
    if cfg["latent_dense"]:
        z = z @ at(weights, "latent_kernel", t, heads) + at(weights, "latent_bias", t, heads)
    inputs = {"z": z} | ({"y": y} if cfg["K"] else {})
    c, h = cell_step(cfg["cell"], decoder_matrices(cfg, weights, t), inputs, c, h)
    return c, h, canvas + write_rows(cfg, weights, t, h)


def unroll(cfg, weights, x, y, noise):
    """x (B, D), y (B, K) or None, noise (T, B, Z) -> canvases, mu, log_var, z: (T, B, ...)."""
    batch, hidden = len(x), cfg["H"]
    size = cfg["D"] // cfg["shape"][-1] * canvas_channels(cfg)
    canvas = start(cfg, weights, "initial_canvas", batch, size)
    enc_c, enc_h, dec_c, dec_h = (
        start(cfg, weights, f"{which}_{part}0", batch, hidden)
        for which in ("encoder", "decoder")
        for part in "ch"
    )
    canvases, mus, log_vars, zs = [], [], [], []
    for t in range(cfg["T"]):
        error = x - painted(cfg, canvas)
        inputs = {"read": read_rows(cfg, weights, t, x, error, dec_h), "h_dec": dec_h}
        inputs |= {} if cfg["read"] else {"x": x}
        inputs |= {"y": y} if cfg["K"] else {}
        enc_c, enc_h = cell_step(
            cfg["cell"], encoder_matrices(cfg, weights, t), inputs, enc_c, enc_h
        )
        kernel = at(weights, "posterior_kernel", t, cfg["share_heads"])
        bias = at(weights, "posterior_bias", t, cfg["share_heads"])
        mu = enc_h @ kernel[:, : cfg["Z"]] + bias[: cfg["Z"]]
        log_var = enc_h @ kernel[:, cfg["Z"] :] + bias[cfg["Z"] :]
        z = mu + np.exp(0.5 * log_var) * noise[t]
        dec_c, dec_h, canvas = decode_step(cfg, weights, t, z, y, dec_c, dec_h, canvas)
        canvases.append(canvas)
        mus.append(mu)
        log_vars.append(log_var)
        zs.append(z)
    return tuple(np.stack(a) for a in (canvases, mus, log_vars, zs))


def decode(cfg, weights, y, z):
    """z (T, B, Z) -> canvases (T, B, D)."""
    batch = z.shape[1]
    size = cfg["D"] // cfg["shape"][-1] * canvas_channels(cfg)
    canvas = start(cfg, weights, "initial_canvas", batch, size)
    c = start(cfg, weights, "decoder_c0", batch, cfg["H"])
    h = start(cfg, weights, "decoder_h0", batch, cfg["H"])
    canvases = []
    for t in range(cfg["T"]):
        c, h, canvas = decode_step(cfg, weights, t, z[t], y, c, h, canvas)
        canvases.append(canvas)
    return np.stack(canvases)


def bernoulli_nats(x, canvas):
    p = sigmoid(canvas)
    return -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=-1)


def kl_nats(mu, log_var):
    """The KL of each timestep and image, summed over latents term by term."""
    total = np.zeros(mu.shape[:-1])
    for j in range(mu.shape[-1]):
        variance = np.exp(log_var[..., j])
        total += 0.5 * (mu[..., j] ** 2 + variance - 1 - np.log(variance))
    return total
