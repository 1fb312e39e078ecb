/*
 * Painting by hand: the pad, the picture that the network sees, and the pixels hidden from it.
 */

const INKS = ["#ffffff", "#000000"];
const COLOURS = [
  "#ffffff",
  "#e5383b",
  "#f6a821",
  "#ffe14d",
  "#3fae49",
  "#2f7de1",
  "#8b4fc7",
  "#8a5a3b",
  "#000000",
];
/** Width of the brush as a share of the pad's width. */
const BRUSH = 0.075;

/**
 * Resample part of a picture: every new pixel is the mean of the area that it covers.
 *
 * source: {width, height, channels, values}. box: [left, top, width, height] in pixels of the
 * source; pixels outside it are 0. Returns a picture of the same form with the new size.
 */
function resampled(source, [left, top, across, down], width, height) {
  const { channels } = source;
  const values = new Float32Array(width * height * channels);
  const spans = (start, size, count, limit) =>
    Array.from({ length: count }, (_, k) => {
      const [from, to] = [start + (k * size) / count, start + ((k + 1) * size) / count];
      const found = [];
      for (let p = Math.max(Math.floor(from), 0); p < Math.min(to, limit); p++)
        found.push([p, (Math.min(to, p + 1) - Math.max(from, p)) / (to - from)]);
      return found;
    });
  const columns = spans(left, across, width, source.width);
  const lines = spans(top, down, height, source.height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const [b, share] of lines[y])
        for (const [a, part] of columns[x])
          for (let c = 0; c < channels; c++)
            values[(y * width + x) * channels + c] +=
              share * part * source.values[(b * source.width + a) * channels + c];
  return { width, height, channels, values };
}

/**
 * A grey picture processed like MNIST: its ink is scaled to a box, a share of the smaller side
 * (20 / 28 for MNIST), and its centre of mass is moved to the middle. null without ink.
 */
function centred(source, width, height, share) {
  let [left, top, right, bottom] = [source.width, source.height, -1, -1];
  for (let y = 0; y < source.height; y++)
    for (let x = 0; x < source.width; x++)
      if (source.values[y * source.width + x] > 0.1) {
        [left, right] = [Math.min(left, x), Math.max(right, x)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      }
  if (right < left) return null;
  const ink = Math.max(right - left + 1, bottom - top + 1);
  const scale = ink / (share * Math.min(width, height));
  const box = [(left + right + 1 - scale * width) / 2, (top + bottom + 1 - scale * height) / 2];
  box.push(scale * width, scale * height);
  const first = resampled(source, box, width, height);
  let [mass, x, y] = [0, 0, 0];
  first.values.forEach((v, i) => {
    mass += v;
    x += v * ((i % width) + 0.5);
    y += v * (Math.floor(i / width) + 0.5);
  });
  box[0] += scale * (x / mass - width / 2);
  box[1] += scale * (y / mass - height / 2);
  return resampled(source, box, width, height);
}

/** The pad, its brush, and the veil over hidden pixels. */
class Pad {
  /** changed(rest): called when the picture changes; `rest` is true if the brush is up. */
  constructor(canvas, veil, changed) {
    this.canvas = canvas;
    this.veil = veil;
    this.changed = changed;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.ink = INKS[0];
    this.covers = false;
    this.centre = true;
    this.pen = null;
    /** The pointer that paints; a second finger, or a mouse without its button, does not. */
    this.pointer = null;
    this.cursor = null;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    for (const name of ["pointerup", "pointercancel"])
      canvas.addEventListener(name, (event) => event.pointerId === this.pointer && this.up());
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => {
      this.cursor = null;
      this.up();
      this.showVeil();
    });
  }

  /** Reset the pad for pictures of a network's size. */
  fit(network) {
    this.network = network;
    const scale = Math.max(1, Math.floor(360 / Math.max(network.width, network.height)));
    this.canvas.width = network.width * scale;
    this.canvas.height = network.height * scale;
    this.hidden = new Uint8Array(network.D);
    this.clear();
  }

  clear() {
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.held = null;
    this.isEmpty = true;
    this.hide(() => false);
  }

  /** The position of a pointer, in pixels of the pad. */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * this.canvas.width,
      ((event.clientY - box.top) / box.height) * this.canvas.height,
    ];
  }

  down(event) {
    if (event.button > 0 || this.pointer !== null) return;
    this.canvas.setPointerCapture?.(event.pointerId);
    this.pointer = event.pointerId;
    this.pen = this.at(event);
    this.line(this.pen);
  }

  moved(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() || [];
    for (const each of events.length ? events : [event]) this.line(this.at(each));
  }

  up() {
    if (!this.pen) return;
    this.pen = this.pointer = null;
    this.changed(true);
  }

  /** Control the brush by keys: arrows move it, the space bar lowers or lifts it. */
  key(event) {
    if (isShortcut(event)) return;
    const step = this.canvas.width / 28;
    const way = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const move = way[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    this.cursor ||= [this.canvas.width / 2, this.canvas.height / 4];
    if (move) {
      this.cursor = [
        within(this.cursor[0] + move[0], 0, this.canvas.width),
        within(this.cursor[1] + move[1], 0, this.canvas.height),
      ];
      if (this.pen) this.line(this.cursor);
    } else if (this.pen) this.up();
    else {
      this.pen = this.cursor;
      this.line(this.cursor);
    }
    this.showVeil();
  }

  /** Draw from the brush's last position to a point, or hide pixels there. */
  line(to) {
    if (this.covers) this.coverAt(to);
    else {
      if (this.isHiding) this.hide(() => false);
      const { context } = this;
      context.strokeStyle = this.ink;
      context.lineWidth = BRUSH * this.canvas.width;
      context.lineCap = context.lineJoin = "round";
      context.beginPath();
      context.moveTo(...this.pen);
      context.lineTo(...to);
      context.stroke();
      this.held = null;
      this.isEmpty = false;
    }
    this.pen = to;
    this.changed(false);
  }

  coverAt([x, y]) {
    if (this.isEmpty) return;
    const { width, height, channels } = this.network;
    const scale = this.canvas.width / width;
    const reach = Math.max(1.2 * BRUSH * width, 0.8);
    this.hold();
    for (let b = 0; b < height; b++)
      for (let a = 0; a < width; a++)
        if (Math.hypot(a + 0.5 - x / scale, b + 0.5 - y / scale) < reach)
          this.hidden.fill(1, (b * width + a) * channels, (b * width + a + 1) * channels);
    this.showVeil();
  }

  get isHiding() {
    return this.hidden.includes(1);
  }

  /** Hide the pixels for which inside(across, down) is true; positions run from 0 to 1. */
  hide(inside) {
    const { width, height, channels } = this.network;
    if (!this.isEmpty) this.hold();
    for (let p = 0; p < width * height; p++) {
      const hides = inside(((p % width) + 0.5) / width, (Math.floor(p / width) + 0.5) / height);
      this.hidden.fill(hides ? 1 : 0, p * channels, (p + 1) * channels);
    }
    this.showVeil();
  }

  showVeil() {
    const { width, height, channels } = this.network;
    const veil = new ImageData(width, height);
    for (let p = 0; p < width * height; p++)
      if (this.hidden[p * channels]) {
        const light = (p % width) + Math.floor(p / width);
        veil.data.set(light % 2 ? [104, 74, 158, 255] : [92, 64, 144, 255], 4 * p);
      }
    if (this.cursor) {
      const [a, b] = this.cursor.map((v) => Math.floor((v / this.canvas.width) * width));
      veil.data.set(
        this.pen ? [240, 140, 0, 255] : [125, 180, 234, 255],
        4 * (within(b, 0, height - 1) * width + within(a, 0, width - 1)),
      );
    }
    this.veil.width = width;
    this.veil.height = height;
    this.veil.getContext("2d").putImageData(veil, 0, 0);
  }

  /** Replace the pad's picture by the one that the network sees, and keep it. */
  hold() {
    const values = this.values();
    if (values && !this.held) this.put(values);
  }

  /** Put a picture of the network's size on the pad. */
  put(values) {
    const small = document.createElement("canvas");
    show(small, values, this.network);
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(small, 0, 0, this.canvas.width, this.canvas.height);
    this.held = Float32Array.from(values);
    this.isEmpty = false;
  }

  /** Open a picture file: crop the largest centred part of the right shape. */
  async open(file) {
    const bitmap = await createImageBitmap(file);
    const { width, height } = this.canvas;
    const scale = Math.max(width / bitmap.width, height / bitmap.height);
    const size = [bitmap.width * scale, bitmap.height * scale];
    this.clear();
    this.context.imageSmoothingEnabled = true;
    this.context.imageSmoothingQuality = "high";
    this.context.drawImage(bitmap, (width - size[0]) / 2, (height - size[1]) / 2, ...size);
    bitmap.close();
    this.isEmpty = false;
    const [as, centre] = [this.centre, false];
    this.centre = centre;
    this.hold();
    this.centre = as;
  }

  /** The picture that the network sees: D values valid for its likelihood, or null if empty. */
  values() {
    if (this.held) return this.held;
    if (this.isEmpty) return null;
    const { width, height, channels, binary, likelihood } = this.network;
    const { data } = this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
    const values = new Float32Array((data.length / 4) * channels);
    for (let p = 0; p < data.length / 4; p++)
      for (let c = 0; c < channels; c++)
        values[p * channels + c] =
          channels === 1
            ? (data[4 * p] + data[4 * p + 1] + data[4 * p + 2]) / 765
            : data[4 * p + c] / 255;
    const source = { width: this.canvas.width, height: this.canvas.height, channels, values };
    const found =
      this.centre && channels === 1
        ? centred(source, width, height, this.network.box)
        : resampled(source, [0, 0, source.width, source.height], width, height);
    return (
      found?.values.map((v) => (binary ? Number(v > 0.5) : likelihood.valid(within(v, 0, 1)))) ??
      null
    );
  }
}
