/*
 * Arrays of numbers: unpacking weights, and the matrix product behind everything else.
 */

function sigmoid(v) {
  return 1 / (1 + Math.exp(-v));
}

function within(v, least, most) {
  return Math.min(Math.max(v, least), most);
}

/** `count` arrays of `size` floats, contiguous in memory. */
function rows(count, size) {
  const all = new Float32Array(count * size);
  return Array.from({ length: count }, (_, k) => all.subarray(k * size, (k + 1) * size));
}

/** The values of all 65,536 float16 numbers. */
function halfPrecision() {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < table.length; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) table[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return table;
}

/**
 * Unpack the weights of packing.py to floats.
 *
 * header: {name: {shape, type, at, scale}}, where `at` and `scale` are offsets in the bytes.
 * Returns {name: {shape, values}}.
 */
function unpack(header, buffer) {
  const halves = halfPrecision();
  const found = {};
  for (const [name, { shape, type, at, scale }] of Object.entries(header)) {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = new Float32Array(size);
    if (type === "float32") values.set(new Float32Array(buffer, at, size));
    else if (type === "float16") {
      const bits = new Uint16Array(buffer, at, size);
      for (let i = 0; i < size; i++) values[i] = halves[bits[i]];
    } else {
      // int8, with a scale for every column of every matrix
      const columns = shape[shape.length - 1];
      const area = columns * shape[shape.length - 2];
      const levels = new Int8Array(buffer, at, size);
      const scales = new Float32Array(buffer, scale, (size / area) * columns);
      for (let i = 0; i < size; i++)
        values[i] = levels[i] * scales[Math.floor(i / area) * columns + (i % columns)];
    }
    found[name] = { shape, values };
  }
  return found;
}

/**
 * out += x W, where x uses the rows of W from `row` on. Zeros are skipped; the other rows are
 * collected and added eight at a time.
 */
function addProduct(out, x, kernel, row) {
  const columns = out.length;
  let waiting = 0;
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue;
    factors[waiting] = x[i];
    starts[waiting] = (row + i) * columns;
    waiting++;
    if (waiting === 8) {
      addRows(out, kernel, columns);
      waiting = 0;
    }
  }
  if (waiting) {
    factors.fill(0, waiting);
    starts.fill(0, waiting);
    addRows(out, kernel, columns);
  }
}

const factors = new Float32Array(8);
const starts = new Int32Array(8);

/** out += the eight collected rows of W times their factors: the hot loop, so kept simple. */
function addRows(out, w, columns) {
  const [x0, x1, x2, x3, x4, x5, x6, x7] = factors;
  const [r0, r1, r2, r3, r4, r5, r6, r7] = starts;
  for (let o = 0; o < columns; o++)
    out[o] +=
      x0 * w[r0 + o] +
      x1 * w[r1 + o] +
      x2 * w[r2 + o] +
      x3 * w[r3 + o] +
      x4 * w[r4 + o] +
      x5 * w[r5 + o] +
      x6 * w[r6 + o] +
      x7 * w[r7 + o];
}

/** out = x W + b, with stroke t's weights. */
function apply(dense, t, x, out) {
  out.set(dense.bias[t]);
  addProduct(out, x, dense.kernel[t], 0);
}

/** out += [inputs, past] W. */
function addAll(out, inputs, past, kernel) {
  let row = 0;
  for (const input of inputs) {
    addProduct(out, input, kernel, row);
    row += input.length;
  }
  addProduct(out, past, kernel, row);
}
