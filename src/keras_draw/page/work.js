/*
 * Answers the page's requests to a network step by step: in a Worker, or without one in the page
 * itself, between frames. A new request replaces the older one in the same slot, which is that of
 * its kind unless it names another.
 *
 * Every answer has its request's `job`; the last one has `done`.
 */

/** Milliseconds of work before other tasks get a turn: less than a frame. */
const SLICE = 10;
/** Rounds after which a chain draws the class of its picture again. */
const ASK_AGAIN = [2, 6, 12];

/** Reproducible random numbers from a seed (mulberry32; normal ones by Box and Muller). */
function randomOf(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  let spare = null;
  function uniform() {
    state = (state + 0x6d2b79f5) | 0;
    let v = Math.imul(state ^ (state >>> 15), 1 | state);
    v = (v + Math.imul(v ^ (v >>> 7), 61 | v)) ^ v;
    return ((v ^ (v >>> 14)) >>> 0) / 4294967296;
  }
  function normal() {
    if (spare !== null) {
      const found = spare;
      spare = null;
      return found;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
  return { uniform, normal };
}

/** Standard normal numbers for T strokes of Z latents. */
function noiseOf(seed, T, Z) {
  const random = randomOf(seed);
  return Array.from({ length: T }, () => Float32Array.from({ length: Z }, random.normal));
}

function seedFrom(random) {
  return Math.floor(random.uniform() * 2 ** 31);
}

function oneHot(k, K) {
  return Float32Array.from({ length: K }, (_, i) => (i === k ? 1 : 0));
}

/** Bounds log p(x | y) -> probabilities of the classes, by Bayes' rule with equal priors. */
function posterior(bounds) {
  const best = Math.max(...bounds);
  const weights = bounds.map((bound) => Math.exp(bound - best));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Draw a class with the given probabilities. */
function drawnFrom(shares, random) {
  let left = random.uniform();
  for (let k = 0; k < shares.length - 1; k++) {
    left -= shares[k];
    if (left < 0) return k;
  }
  return shares.length - 1;
}

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}

class Studio {
  /** answer: called with every answer. pause: returns a promise of the next turn. */
  constructor(answer, pause) {
    this.answer = answer;
    this.pause = pause;
    this.networks = new Map();
    this.latest = {};
    this.drawings = {};
    this.began = 0;
  }

  /** Process a request. */
  async ask(asked) {
    const request = { slot: asked.kind, ...asked };
    const { kind, job, slot } = request;
    this.latest[slot] = job;
    this.began = performance.now();
    try {
      await this[kind](request);
    } catch (error) {
      this.answer({
        job,
        failed: String(error?.message || error),
        isMemory: error instanceof RangeError,
      });
    }
  }

  /** Give other tasks a turn if it is time; then whether the request is still the latest. */
  async stands({ slot, job }) {
    if (performance.now() - this.began > SLICE) {
      await this.pause();
      this.began = performance.now();
    }
    return this.latest[slot] === job;
  }

  /** Leave the request in a slot unfinished. */
  stop({ stopped }) {
    this.latest[stopped] = null;
  }

  /** Read a network: its record, and its weights in base64. */
  open({ job, net, record, content }) {
    const network = new Network(record.config, unpack(record.weights, bytesOf(content)));
    network.binary = record.binary;
    this.networks.set(net, network);
    this.answer({ job, done: true });
  }

  /** The drawing for requests in a slot; `strokes` is the number of its strokes still valid. */
  drawing({ slot, net }) {
    if (this.drawings[slot]?.net !== net) {
      delete this.drawings[slot];
      this.drawings[slot] = { net, strokes: 0, drawing: new Drawing(this.networks.get(net)) };
    }
    return this.drawings[slot];
  }

  /** Paint all strokes from the beginning; false if a newer request replaced this one. */
  async run(drawing, request, label, zs, noises) {
    drawing.begin(label);
    for (let t = 0; t < drawing.network.T; t++) {
      drawing.stroke(t, zs?.[t], noises?.[t]);
      if (!(await this.stands(request))) return false;
    }
    return true;
  }

  /**
   * Paint a picture stroke by stroke, from stroke `from` on.
   *
   * image: to be reconstructed, or null. latents: of all strokes, T Z; if null they are drawn with
   * seeds [[first stroke, seed], ...], or without noise if `mean`. edits: {t: [[i, value]]}.
   */
  async draw(request) {
    const { job, image, label, latents, seeds, mean, edits } = request;
    const stage = this.drawing(request);
    const { drawing } = stage;
    const { T, Z } = drawing.network;
    const first = Math.min(request.from, stage.strokes);
    const noise = new Array(T);
    for (const [t, seed] of seeds) {
      const drawn = noiseOf(seed, T, Z);
      for (let k = t; k < T; k++) noise[k] = drawn[k];
    }
    if (first === 0) {
      drawing.see(image);
      drawing.begin(label);
    }
    stage.strokes = first;
    let told = [];
    for (let t = first; t < T; t++) {
      let z = latents?.subarray(t * Z, (t + 1) * Z);
      if (!z && !image) z = mean ? new Float32Array(Z) : noise[t];
      drawing.stroke(t, z, mean ? null : noise[t], edits[t]);
      stage.strokes = t + 1;
      told.push(this.told(drawing, t));
      if (performance.now() - this.began > SLICE) {
        this.answer({ job, first, blank: this.blank(drawing), strokes: told });
        told = [];
      }
      if (!(await this.stands(request))) return;
    }
    this.answer({ job, first, blank: this.blank(drawing), strokes: told, done: true });
  }

  /** The picture before the first stroke. */
  blank(drawing) {
    return { image: drawing.image[0].slice(), left: drawing.x ? drawing.left(0) : null };
  }

  /** The values of stroke t that the page shows. */
  told(drawing, t) {
    const { read, write } = drawing.windows;
    return {
      t,
      image: drawing.image[t + 1].slice(),
      z: drawing.z[t].slice(),
      kl: drawing.x ? drawing.kl[t] : null,
      left: drawing.x ? drawing.left(t + 1) : null,
      read: drawing.x && read ? read[t].slice() : null,
      write: write ? write[t].slice() : null,
    };
  }

  /** The bound of an image under every class, with one draw. */
  async guess(request) {
    const { job, image } = request;
    const { drawing } = this.drawing(request);
    const bounds = await this.bounds(drawing, image, 7, request);
    if (bounds) this.answer({ job, bounds, shares: posterior(bounds), done: true });
  }

  async bounds(drawing, image, seed, request) {
    const { T, Z, K } = drawing.network;
    const noise = noiseOf(seed, T, Z);
    const bounds = [];
    drawing.see(image);
    for (let k = 0; k < K; k++) {
      if (!(await this.run(drawing, request, oneHot(k, K), null, noise))) return null;
      bounds.push(drawing.bound());
    }
    return bounds;
  }

  /**
   * Complete an image where `hidden` is 1, with Markov chains that draw z ~ q(z | x), paint, and
   * restore the visible pixels (Rezende, Mohamed, Wierstra 2014, appendix F). If no class is given,
   * a chain begins with a random one, and draws another by Bayes' rule from time to time.
   */
  async complete(request) {
    const { job, image, hidden, label, answers, rounds } = request;
    const { drawing } = this.drawing(request);
    const { T, Z, K, likelihood, config, binary } = drawing.network;
    const chains = [];
    for (let k = 0; k < answers; k++) {
      const random = randomOf(request.seed * answers + k);
      const as = label || oneHot(Math.floor(random.uniform() * K), K);
      // The hidden pixels of each chain begin with those of another drawing, so that chains differ.
      drawing.see(null);
      if (!(await this.run(drawing, request, as, noiseOf(seedFrom(random), T, Z)))) return;
      const start = drawing.image[T];
      const at = (i) => (binary ? Number(random.uniform() < start[i]) : likelihood.valid(start[i]));
      chains.push({ random, label: as, current: image.map((v, i) => (hidden[i] ? at(i) : v)) });
    }
    const drawn = new Float32Array(image.length);
    for (let round = 0; round < rounds; round++) {
      const views = [];
      for (const chain of chains) {
        const { random, current } = chain;
        if (K && !label && ASK_AGAIN.includes(round)) {
          const found = await this.bounds(drawing, current, round, request);
          if (!found) return;
          chain.label = oneHot(drawnFrom(posterior(found), random), K);
        }
        drawing.see(current);
        const noise = noiseOf(seedFrom(random), T, Z);
        if (!(await this.run(drawing, request, chain.label, null, noise))) return;
        const mean = drawing.image[T];
        // A Bernoulli network has no distribution of grey pixels to draw from; use its mean.
        if (config.likelihood === "bernoulli" && !binary) drawn.set(mean);
        else likelihood.sample(drawing.canvas[T], random, drawn);
        views.push(image.map((v, i) => (hidden[i] ? mean[i] : v)));
        for (let i = 0; i < drawn.length; i++) if (hidden[i]) current[i] = drawn[i];
      }
      this.answer({ job, round: round + 1, views, done: round + 1 === rounds });
    }
  }

  /** The posterior means of an image's latents, and the picture painted from them. */
  async means(request) {
    const { job, image, label } = request;
    const { drawing } = this.drawing(request);
    const { T, Z } = drawing.network;
    drawing.see(image);
    if (!(await this.run(drawing, request, label))) return;
    const latents = new Float32Array(T * Z);
    for (const [t, mu] of drawing.mu.entries()) latents.set(mu, t * Z);
    this.answer({ job, latents, image: drawing.image[T].slice(), done: true });
  }

  /** Finished pictures from latents and labels. */
  async finished(request) {
    const { job, pictures } = request;
    const { drawing } = this.drawing(request);
    const { T, Z } = drawing.network;
    const images = [];
    for (const { latents, seed, label } of pictures) {
      const z = latents
        ? Array.from({ length: T }, (_, t) => latents.subarray(t * Z, (t + 1) * Z))
        : noiseOf(seed, T, Z);
      drawing.see(null);
      if (!(await this.run(drawing, request, label, z))) return;
      images.push(drawing.image[T].slice());
    }
    this.answer({ job, images, done: true });
  }
}

/** A function that returns a promise of the next turn, without the delay of timers. */
function turns() {
  const channel = new MessageChannel();
  const waiting = [];
  channel.port1.onmessage = () => waiting.shift()();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      channel.port2.postMessage(null);
    });
}

/** In a Worker: answer the page's requests. */
function serve() {
  const studio = new Studio((answer) => self.postMessage(answer), turns());
  self.onmessage = (event) => studio.ask(event.data);
}
