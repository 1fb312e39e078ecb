/*
 * Drawing on the page's canvases: pictures pixel by pixel, windows, the film, the map.
 */

// Registered as colours, their computed value is the colour of the current theme; otherwise it would
// be the text in the style sheet.
for (const name of ["ink", "soft", "wash", "accent", "above", "below", "looks", "paints"])
  CSS.registerProperty({
    name: `--${name}`,
    syntax: "<color>",
    inherits: true,
    initialValue: "red",
  });

/** A colour of the current theme, light or dark. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Values from 0 to 1 as an image: colour from three or more channels, else their mean as grey. */
function imageData(values, { width, height, channels }) {
  const picture = new ImageData(width, height);
  for (let p = 0; p < width * height; p++) {
    let grey = 0;
    for (let c = 0; c < channels; c++) grey += values[p * channels + c] / channels;
    for (let c = 0; c < 3; c++)
      picture.data[4 * p + c] = 255 * (channels < 3 ? grey : values[p * channels + c]);
    picture.data[4 * p + 3] = 255;
  }
  return picture;
}

/** Show a picture on a canvas of its own size; CSS scales it with crisp pixels. */
function show(canvas, values, network) {
  if (canvas.width !== network.width || canvas.height !== network.height) {
    canvas.width = network.width;
    canvas.height = network.height;
    canvas.style.aspectRatio = `${network.width} / ${network.height}`;
  }
  canvas.getContext("2d").putImageData(imageData(values, network), 0, 0);
}

/** Match a canvas to the screen's resolution; return its context and its size in CSS pixels. */
function sharp(canvas, height) {
  const width = canvas.clientWidth;
  const scale = window.devicePixelRatio || 1;
  const size = [Math.round(width * scale), Math.round((height || canvas.clientHeight) * scale)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  if (height) canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height || canvas.clientHeight);
  return { context, width, height: height || canvas.clientHeight };
}

/** Show where the network looks and paints: its filters in a frame as thick as the stroke. */
function showWindows(canvas, stroke, network) {
  const { context, width } = sharp(canvas);
  const pixel = width / network.width;
  const one = (window, n, ink) => {
    const [x, y, sigma, delta] = window;
    const half = Math.max((((n - 1) / 2) * delta + 0.5) * pixel, 3);
    const [left, top] = [(x - 0.5) * pixel, (y - 0.5) * pixel];
    context.strokeStyle = ink;
    context.lineWidth = within(sigma * pixel * 0.5, 2, width / 45);
    context.globalAlpha = 0.9;
    context.strokeRect(left - half, top - half, 2 * half, 2 * half);
    context.fillStyle = ink;
    context.globalAlpha = 0.6;
    const dot = Math.max(width / 300, 1.2);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const [a, b] = [i, j].map((k) => (k - (n - 1) / 2) * delta * pixel);
        context.beginPath();
        context.arc(left + a, top + b, dot, 0, 7);
        context.fill();
      }
    context.globalAlpha = 1;
  };
  if (stroke?.read) one(stroke.read, network.config.read, colour("looks"));
  if (stroke?.write) one(stroke.write, network.config.write, colour("paints"));
}

/**
 * The film: the picture after every stroke, as many as fit, and above them bars with the
 * information in each stroke, if it is known.
 */
function showFilm(canvas, strokes, t, network) {
  const T = network.T;
  const told = strokes.some((stroke) => stroke?.kl != null);
  const room = Math.max(1, Math.floor(canvas.clientWidth / 38));
  const every = Math.ceil(T / room);
  const shown = Math.ceil(T / every);
  const gap = 4;
  const side = Math.min((canvas.clientWidth + gap) / shown - gap, 76);
  const tall = (side * network.height) / network.width;
  const bars = told ? 64 : 0;
  const { context, width } = sharp(canvas, Math.ceil(bars + tall + 8));
  const step = Math.min(width, shown * (side + gap) - gap + gap) / (shown * every);
  const most = Math.max(1e-9, ...strokes.map((stroke) => stroke?.kl || 0));
  const small = document.createElement("canvas");
  for (let k = 0; k < T; k++) {
    const stroke = strokes[k];
    if (!stroke) continue;
    if (told) {
      const high = (bars - 20) * (stroke.kl / most);
      context.globalAlpha = k < t ? 1 : 0.3;
      context.fillStyle = colour("accent");
      context.fillRect(
        k * step,
        bars - 4 - high,
        Math.max(step - Math.min(gap, step / 3), 1),
        high,
      );
      if (step > 28) {
        context.fillStyle = colour("soft");
        context.font = "11px system-ui, sans-serif";
        context.textAlign = "center";
        context.fillText(stroke.kl.toFixed(1), (k + 0.5) * step - gap / 2, bars - 8 - high);
      }
    }
    if ((k + 1) % every && k + 1 !== T) continue;
    const place = Math.floor(k / every) * (side + gap);
    context.globalAlpha = k < t ? 1 : 0.35;
    show(small, stroke.image, network);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, place, bars, side, tall);
    context.globalAlpha = 1;
    if (Math.floor((t - 1) / every) === Math.floor(k / every)) {
      context.strokeStyle = colour("accent");
      context.lineWidth = 3;
      context.strokeRect(place + 1.5, bars + 1.5, side - 3, tall - 3);
    }
  }
  context.globalAlpha = 1;
  canvas.dataset.step = step;
}

/** The latents: a row per stroke, a column per latent, one colour above 0 and another below. */
function showMap(canvas, strokes, t, chosen, network) {
  const { T, Z } = network;
  const row = within(Math.round(220 / T), 6, 24);
  const { context, width, height } = sharp(canvas, row * T);
  const cell = width / Z;
  const gap = cell > 6 && row > 6 ? 1 : 0;
  context.fillStyle = colour("wash");
  context.fillRect(0, 0, width, height);
  const [above, below] = [colour("above"), colour("below")];
  strokes.forEach((stroke, k) => {
    for (let i = 0; stroke && i < Z; i++) {
      const strength = Math.min(Math.abs(stroke.z[i]) / 2.5, 1) * (k < t ? 1 : 0.35);
      context.fillStyle = stroke.z[i] > 0 ? above : below;
      context.globalAlpha = strength;
      context.fillRect(i * cell, k * row, cell - gap, row - gap);
    }
  });
  context.globalAlpha = 1;
  if (chosen) {
    context.strokeStyle = colour("ink");
    context.lineWidth = 2;
    const [x, y] = [chosen.i * cell - 1, chosen.t * row - 1];
    context.strokeRect(Math.max(x, 1), Math.max(y, 1), cell + 1 - gap, row + 1 - gap);
  }
}
