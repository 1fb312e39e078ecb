/*
 * The network: the mathematics of models/recurrence.py, cells.py and windows.py, stroke by stroke.
 *
 * It does not depend on the page, and runs in a page, in a Worker and in Node. All arrays are
 * allocated once; strokes allocate none. A drawing keeps the state after every stroke, so that it
 * can be continued from any stroke.
 *
 * As in the package: T strokes, Z latents per stroke, H hidden units, D values of an image, P of a
 * canvas, K classes. Weights that `WeightSpec` calls stacked have a leading T; others are shared.
 */

/** Number of gates of each cell, in blocks of H columns. */
const GATES = { lstm: 4, "cell-gated": 4, gru: 3 };
/** Limits for the logarithms and centres of windows, as in windows.py. */
const LARGEST_LOG = 20;
const FARTHEST = 1e6;

/** A trained network: its weights, as every stroke uses them. */
class Network {
  constructor(config, weights) {
    this.config = config;
    this.weights = weights;
    this.T = config.timesteps;
    this.Z = config.latent_dim;
    this.H = config.hidden_dim;
    this.K = config.num_classes;
    [this.height, this.width, this.channels] = config.image_shape;
    this.D = this.height * this.width * this.channels;
    this.likelihood = likelihoodOf(config, weights);
    this.P = this.height * this.width * this.likelihood.channels;
    this.copies = config.share_recurrent ? 1 : this.T;
    this.encoder = this.cell("encoder");
    this.decoder = this.cell("decoder");
    this.posterior = this.dense("posterior");
    this.latent = this.dense("latent");
    this.canvas = this.dense("canvas");
    this.read = this.dense("read");
    this.write = this.dense("write");
  }

  /** A weight for each of T strokes; null if the network does not have it. */
  of(name, rank) {
    const weight = this.weights[name];
    if (!weight) return null;
    const { shape, values } = weight;
    const size = shape.length > rank ? values.length / this.T : values.length;
    const start = (t) => (shape.length > rank ? t * size : 0);
    return Array.from({ length: this.T }, (_, t) => values.subarray(start(t), start(t) + size));
  }

  dense(name) {
    const kernel = this.of(`${name}_kernel`, 2);
    return kernel && { kernel, bias: this.of(`${name}_bias`, 1) };
  }

  cell(name) {
    return {
      static: this.of(`${name}_static_kernel`, 2),
      bias: this.of(`${name}_bias`, 1),
      kernel: this.of(`${name}_kernel`, 2),
      candidate: this.of(`${name}_candidate_kernel`, 2),
      output: this.dense(`${name}_output`),
      c0: this.weights[`${name}_c0`],
      h0: this.weights[`${name}_h0`],
    };
  }
}

/** A picture being painted: the state after every stroke, 0 to T. */
class Drawing {
  constructor(network) {
    const { T, Z, H, D, P, K, copies, config } = network;
    this.network = network;
    this.canvas = rows(T + 1, P);
    this.image = rows(T + 1, D);
    this.z = rows(T, Z);
    this.mu = rows(T, Z);
    this.logVar = rows(T, Z);
    this.kl = new Float64Array(T);
    this.windows = { read: config.read && rows(T, 5), write: config.write && rows(T, 5) };
    const columns = GATES[config.cell] * H;
    const state = () => ({
      c: rows(T + 1, H),
      h: rows(T + 1, H),
      drive: rows(copies, columns),
      hasDrive: new Uint8Array(copies),
    });
    this.states = { encoder: state(), decoder: state() };
    this.imageDrive = rows(copies, columns);
    this.hasImageDrive = new Uint8Array(copies);
    this.gates = new Float32Array(columns);
    this.kept = new Float32Array(H);
    this.x = null;
    this.label = new Float32Array(K);
    this.error = new Float32Array(D);
    this.heads = new Float32Array(2 * Z);
    this.fed = new Float32Array(Z);
    this.place = new Float32Array(5);
    const n = Math.max(config.read || 0, config.write || 0);
    const deep = Math.max(network.channels, network.likelihood.channels);
    this.filters = [new Float32Array(n * network.height), new Float32Array(n * network.width)];
    this.between = new Float32Array(n * network.width * deep);
    const half = (config.read || 0) ** 2 * network.channels;
    const glimpse = new Float32Array(2 * half);
    this.glimpse = config.read ? glimpse : this.error;
    this.glimpses = [glimpse.subarray(0, half), glimpse.subarray(half)];
    this.patch = new Float32Array(
      config.write ? config.write ** 2 * network.likelihood.channels : P,
    );
  }

  /** Set the image to reconstruct (D values from 0 to 1), or none: then latents must be given. */
  see(x) {
    this.x = x && Float32Array.from(x);
    this.hasImageDrive.fill(0);
  }

  /** Reset to the empty canvas. label: a weight for each of K classes; one-hot, or a mixture. */
  begin(label = []) {
    const { weights, encoder, decoder, likelihood } = this.network;
    this.label.fill(0);
    this.label.set(label);
    this.canvas[0].fill(0);
    if (weights.initial_canvas) this.canvas[0].set(weights.initial_canvas.values);
    likelihood.mean(this.canvas[0], this.image[0]);
    for (const [cell, state] of [
      [encoder, this.states.encoder],
      [decoder, this.states.decoder],
    ]) {
      state.c[0].fill(0);
      state.h[0].fill(0);
      if (cell.c0) state.c[0].set(cell.c0.values);
      if (cell.h0) state.h[0].set(cell.h0.values);
      state.hasDrive.fill(0);
    }
  }

  /**
   * Paint stroke t, 0 to T - 1, on the canvas after the earlier strokes.
   *
   * z: the latents; null to draw them from the image's posterior with `noise`, or use its mean
   * without. edits: [[latent, value], ...], which override the other values.
   */
  stroke(t, z, noise, edits = []) {
    if (this.x) this.encode(t);
    for (let i = 0; i < this.network.Z; i++) {
      const drawn = noise ? Math.exp(this.logVar[t][i] / 2) * noise[i] : 0;
      this.z[t][i] = z ? z[i] : this.mu[t][i] + drawn;
    }
    for (const [i, value] of edits) this.z[t][i] = value;
    this.paint(t);
  }

  /** The encoder half: the error image, the posterior and its KL. */
  encode(t) {
    const { config, D, Z, read, channels, encoder, posterior } = this.network;
    for (let i = 0; i < D; i++) this.error[i] = this.x[i] - this.image[t][i];
    const past = this.states.decoder.h[t];
    if (config.read) {
      const window = this.windows.read[t];
      this.placed(window, read, past, t, config.read);
      this.banks(window, config.read);
      this.look(this.x, config.read, channels, window[4], this.glimpses[0]);
      this.look(this.error, config.read, channels, window[4], this.glimpses[1]);
    }
    this.step(encoder, this.states.encoder, t, [this.glimpse, past]);
    apply(posterior, t, this.states.encoder.h[t + 1], this.heads);
    let kl = 0;
    for (let i = 0; i < Z; i++) {
      const [mu, logVar] = [this.heads[i], this.heads[Z + i]];
      this.mu[t][i] = mu;
      this.logVar[t][i] = logVar;
      kl += 0.5 * (mu * mu + Math.exp(logVar) - 1 - logVar);
    }
    this.kl[t] = kl;
  }

  /** The decoder half: from the latents to the canvas. */
  paint(t) {
    const { config, P, latent, decoder, canvas, write, likelihood } = this.network;
    if (latent) apply(latent, t, this.z[t], this.fed);
    this.step(decoder, this.states.decoder, t, [latent ? this.fed : this.z[t]]);
    const h = this.states.decoder.h[t + 1];
    apply(canvas, t, h, this.patch);
    const [before, after] = [this.canvas[t], this.canvas[t + 1]];
    after.set(before);
    if (config.write) {
      const window = this.windows.write[t];
      this.placed(window, write, h, t, config.write);
      this.banks(window, config.write);
      this.touch(after, config.write, likelihood.channels, window[4]);
    } else for (let i = 0; i < P; i++) after[i] += this.patch[i];
    likelihood.mean(after, this.image[t + 1]);
  }

  /** Bias and constant inputs, multiplied once per drawing; the image's share once per image. */
  drive(cell, state, t) {
    const k = this.network.copies > 1 ? t : 0;
    if (state.hasDrive[k]) return state.drive[k];
    const drive = state.drive[k];
    let row = 0;
    drive.set(cell.bias[t]);
    if (cell === this.network.encoder && !this.network.config.read) {
      if (!this.hasImageDrive[k]) {
        this.imageDrive[k].fill(0);
        addProduct(this.imageDrive[k], this.x, cell.static[t], 0);
        this.hasImageDrive[k] = 1;
      }
      for (let i = 0; i < drive.length; i++) drive[i] += this.imageDrive[k][i];
      row = this.network.D;
    }
    if (cell.static) addProduct(drive, this.label, cell.static[t], row);
    state.hasDrive[k] = 1;
    return drive;
  }

  /** One timestep of a cell. `inputs` change over time and use the kernel's rows in order. */
  step(cell, state, t, inputs) {
    const { H, config } = this.network;
    const { gates } = this;
    const [c, h, nextC, nextH] = [state.c[t], state.h[t], state.c[t + 1], state.h[t + 1]];
    gates.set(this.drive(cell, state, t));
    if (config.cell === "gru") {
      const opened = gates.subarray(0, 2 * H);
      const candidate = gates.subarray(2 * H);
      addAll(opened, inputs, h, cell.kernel[t]);
      for (let i = 0; i < H; i++) this.kept[i] = sigmoid(opened[H + i]) * h[i];
      addAll(candidate, inputs, this.kept, cell.candidate[t]);
      for (let i = 0; i < H; i++) {
        const update = sigmoid(opened[i]);
        nextH[i] = (1 - update) * Math.tanh(candidate[i]) + update * h[i];
      }
      return;
    }
    addAll(gates, inputs, cell.output ? c : h, cell.kernel[t]);
    for (let i = 0; i < H; i++)
      nextC[i] = sigmoid(gates[H + i]) * c[i] + sigmoid(gates[i]) * Math.tanh(gates[3 * H + i]);
    const memory = cell.output ? this.kept : nextC;
    if (cell.output) apply(cell.output, t, nextC, memory);
    for (let i = 0; i < H; i++) nextH[i] = sigmoid(gates[2 * H + i]) * Math.tanh(memory[i]);
  }

  /** The window that the decoder places: centre x and y, sigma, stride, intensity. */
  placed(window, dense, h, t, n) {
    const { height, width } = this.network;
    apply(dense, t, h, this.place);
    const [x, y, ...logs] = this.place;
    const [variance, stride, gamma] = logs.map((v) => within(v, -LARGEST_LOG, LARGEST_LOG));
    window[0] = ((width + 1) / 2) * (x + 1);
    window[1] = ((height + 1) / 2) * (y + 1);
    window[2] = Math.exp(variance / 2);
    window[3] = n > 1 ? ((Math.max(height, width) - 1) / (n - 1)) * Math.exp(stride) : 0;
    window[4] = Math.exp(gamma);
  }

  /** Write the window's filters, vertical and horizontal, to `this.filters`: Gaussians of sum 1. */
  banks(window, n) {
    const sizes = [this.network.height, this.network.width];
    for (const axis of [0, 1]) {
      const [centre, size, bank] = [window[1 - axis], sizes[axis], this.filters[axis]];
      for (let i = 0; i < n; i++) {
        const mu = within(centre + (i + 0.5 - n / 2) * window[3], -FARTHEST, FARTHEST);
        // A softmax: a filter outside the image sees the nearest pixels, without 0 / 0.
        const nearest = within(Math.round(mu), 1, size);
        const least = ((nearest - mu) / window[2]) ** 2;
        let sum = 0;
        for (let a = 0; a < size; a++) {
          const far = ((a + 1 - mu) / window[2]) ** 2;
          bank[i * size + a] = Math.exp((least - far) / 2);
          sum += bank[i * size + a];
        }
        for (let a = 0; a < size; a++) bank[i * size + a] /= sum;
      }
    }
  }

  /** out = gamma F_Y image F_X^T, for every channel. */
  look(image, n, channels, gamma, out) {
    const { height, width } = this.network;
    const [down, across] = this.filters;
    const row = width * channels;
    this.between.fill(0);
    for (let i = 0; i < n; i++)
      for (let a = 0; a < height; a++) {
        const f = down[i * height + a];
        if (f !== 0)
          for (let k = 0; k < row; k++) this.between[i * row + k] += f * image[a * row + k];
      }
    out.fill(0);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        for (let b = 0; b < width; b++) {
          const f = gamma * across[j * width + b];
          const [to, from] = [(i * n + j) * channels, i * row + b * channels];
          if (f !== 0) for (let c = 0; c < channels; c++) out[to + c] += f * this.between[from + c];
        }
  }

  /** canvas += F_Y^T patch F_X / gamma, for every channel. */
  touch(canvas, n, channels, gamma) {
    const { height, width } = this.network;
    const [down, across] = this.filters;
    const row = width * channels;
    this.between.fill(0);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        for (let b = 0; b < width; b++) {
          const f = across[j * width + b];
          const [to, from] = [i * row + b * channels, (i * n + j) * channels];
          if (f !== 0)
            for (let c = 0; c < channels; c++) this.between[to + c] += f * this.patch[from + c];
        }
    for (let i = 0; i < n; i++)
      for (let a = 0; a < height; a++) {
        const f = down[i * height + a] / gamma;
        if (f !== 0)
          for (let k = 0; k < row; k++) canvas[a * row + k] += f * this.between[i * row + k];
      }
  }

  /** The cost that is left after t strokes: -log p(x | canvas), in nats. */
  left(t) {
    return this.network.likelihood.nats(this.x, this.canvas[t]);
  }

  /** The bound on log p(x | label) from this drawing's latents, in nats. */
  bound() {
    return -this.left(this.network.T) - this.kl.reduce((a, b) => a + b, 0);
  }
}
