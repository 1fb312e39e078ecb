/*
 * p(x | canvas), one class per likelihood: the mathematics of models/likelihoods.py and levels.py.
 *
 * Each has: channels, the canvas values per pixel; mean(canvas, out), the image to show;
 * nats(x, canvas), the cost of an image; sample(canvas, random, out), an image drawn from it; and
 * for the user's pictures valid(v), the nearest value that the likelihood allows.
 */

const WHITE = 255;
const SMALLEST_SCALE = 0.1;
const LARGEST_LOG_SCALE = 10;
const START_SCALE = 0.1;

function softplus(v) {
  return Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
}

/** -log of the probability that a logistic assigns to the level of a pixel, in nats. */
function levelNats(x, mean, logScale) {
  const level = Math.round(x * WHITE);
  const width = 1 / (WHITE * Math.exp(Math.min(logScale, LARGEST_LOG_SCALE)) + SMALLEST_SCALE);
  const distance = (level - WHITE * mean) * width;
  const notAbove = softplus(-distance - width / 2);
  const notBelow = softplus(distance - width / 2);
  if (level <= 0) return notAbove;
  if (level >= WHITE) return notBelow;
  return notAbove + notBelow - Math.log(-Math.expm1(-width));
}

/** A sample of that distribution, one of the levels. */
function levelSample(mean, logScale, random) {
  const u = within(random.uniform(), 1e-12, 1 - 1e-12);
  const scale = WHITE * Math.exp(Math.min(logScale, LARGEST_LOG_SCALE)) + SMALLEST_SCALE;
  return within(Math.round(WHITE * mean + scale * Math.log(u / (1 - u))), 0, WHITE) / WHITE;
}

function onLevel(v) {
  return Math.round(v * WHITE) / WHITE;
}

/** The base of the three likelihoods whose canvas holds the logits of the mean image. */
class OfLogits {
  constructor(config, weights) {
    this.config = config;
    this.weights = weights;
    this.channels = config.image_shape[2];
  }

  mean(canvas, out) {
    for (let i = 0; i < out.length; i++) out[i] = sigmoid(canvas[i]);
  }

  nats(x, canvas) {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += this.pixelNats(x[i], canvas[i], i);
    return sum;
  }

  sample(canvas, random, out) {
    for (let i = 0; i < out.length; i++) out[i] = this.pixelSample(canvas[i], i, random);
  }

  valid(v) {
    return v;
  }
}

class Bernoulli extends OfLogits {
  pixelNats(x, logit) {
    return softplus(logit) - x * logit;
  }

  pixelSample(logit, _, random) {
    return random.uniform() < sigmoid(logit) ? 1 : 0;
  }
}

class Gaussian extends OfLogits {
  pixelNats(x, logit) {
    const { sigma } = this.config;
    const constant = Math.log(sigma) + 0.5 * Math.log(2 * Math.PI);
    return (x - sigmoid(logit)) ** 2 / (2 * sigma ** 2) + constant;
  }

  pixelSample(logit, _, random) {
    return within(sigmoid(logit) + this.config.sigma * random.normal(), 0, 1);
  }
}

class DiscretizedLogistic extends OfLogits {
  pixelNats(x, logit, i) {
    return levelNats(x, sigmoid(logit), this.weights.log_scale.values[i]);
  }

  pixelSample(logit, i, random) {
    return levelSample(sigmoid(logit), this.weights.log_scale.values[i], random);
  }

  valid(v) {
    return onLevel(v);
  }
}

/** Several logistics per pixel, over all its channels. The canvas holds for each pixel, in this
 * order: K shares, K C means, K C log scales, K C (C - 1) / 2 slopes. */
class LogisticMixture {
  constructor(config) {
    const c = config.image_shape[2];
    this.K = config.mixture_components;
    this.C = c;
    this.pairs = (c * (c - 1)) / 2;
    this.channels = this.K * (1 + 2 * c + this.pairs);
    this.found = new Float64Array(c);
  }

  /** The log-sum-exp of a pixel's shares. */
  total(canvas, at) {
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < this.K; k++) most = Math.max(most, canvas[at + k]);
    let sum = 0;
    for (let k = 0; k < this.K; k++) sum += Math.exp(canvas[at + k] - most);
    return most + Math.log(sum);
  }

  /** The mean of a component's channel, given the values of the earlier channels in `before`. */
  componentMean(canvas, at, k, channel, before, start) {
    const { K, C, pairs } = this;
    let mean = canvas[at + K + k * C + channel] / 2 + 0.5;
    const slopes = at + K + 2 * K * C + k * pairs + (channel * (channel - 1)) / 2;
    for (let j = 0; j < channel; j++)
      mean += Math.tanh(canvas[slopes + j]) * (before[start + j] - 0.5);
    return mean;
  }

  logScale(canvas, at, k, channel) {
    return canvas[at + this.K + this.K * this.C + k * this.C + channel] + Math.log(START_SCALE);
  }

  mean(canvas, out) {
    const { K, C, channels, found } = this;
    out.fill(0);
    for (let p = 0, at = 0; p < out.length; p += C, at += channels) {
      const total = this.total(canvas, at);
      for (let k = 0; k < K; k++) {
        const share = Math.exp(canvas[at + k] - total);
        for (let c = 0; c < C; c++) {
          found[c] = within(this.componentMean(canvas, at, k, c, found, 0), 0, 1);
          out[p + c] += share * found[c];
        }
      }
    }
    for (let i = 0; i < out.length; i++) out[i] = within(out[i], 0, 1);
  }

  nats(x, canvas) {
    const { K, C, channels } = this;
    let all = 0;
    for (let p = 0, at = 0; p < x.length; p += C, at += channels) {
      const total = this.total(canvas, at);
      let most = Number.NEGATIVE_INFINITY;
      let sum = 0;
      for (let k = 0; k < K; k++) {
        let log = canvas[at + k] - total;
        for (let c = 0; c < C; c++) {
          const mean = this.componentMean(canvas, at, k, c, x, p);
          log -= levelNats(x[p + c], mean, this.logScale(canvas, at, k, c));
        }
        if (log > most) {
          sum = sum * Math.exp(most - log) + 1;
          most = log;
        } else sum += Math.exp(log - most);
      }
      all -= most + Math.log(sum);
    }
    return all;
  }

  sample(canvas, random, out) {
    const { K, C, channels } = this;
    for (let p = 0, at = 0; p < out.length; p += C, at += channels) {
      const total = this.total(canvas, at);
      let left = random.uniform();
      let k = 0;
      for (; k < K - 1; k++) {
        left -= Math.exp(canvas[at + k] - total);
        if (left < 0) break;
      }
      for (let c = 0; c < C; c++) {
        const mean = this.componentMean(canvas, at, k, c, out, p);
        out[p + c] = levelSample(mean, this.logScale(canvas, at, k, c), random);
      }
    }
  }

  valid(v) {
    return onLevel(v);
  }
}

const LIKELIHOODS = {
  bernoulli: Bernoulli,
  gaussian: Gaussian,
  "discretized-logistic": DiscretizedLogistic,
  "logistic-mixture": LogisticMixture,
};

function likelihoodOf(config, weights) {
  return new LIKELIHOODS[config.likelihood](config, weights);
}
