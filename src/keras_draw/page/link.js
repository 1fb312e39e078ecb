/*
 * A drawing as the fragment of an address: everything needed to show it again, stored nowhere else.
 */

/** Values from 0 to 1 as text, with 2 ** bits levels each. */
function letters(values, bits) {
  const most = 2 ** bits - 1;
  const bytes = new Uint8Array(Math.ceil((values.length * bits) / 8));
  values.forEach((v, i) => {
    const level = Math.round(within(v, 0, 1) * most);
    if (bits === 8) bytes[i] = level;
    else bytes[(i * bits) >> 3] |= level << ((i * bits) & 7);
  });
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The inverse of `letters`; null if the text is something else. */
function fromLetters(text, count, bits) {
  try {
    const bytes = new Uint8Array(bytesOf(text.replaceAll("-", "+").replaceAll("_", "/")));
    if (bytes.length !== Math.ceil((count * bits) / 8)) return null;
    const most = 2 ** bits - 1;
    return Float32Array.from({ length: count }, (_, i) =>
      bits === 8 ? bytes[i] / most : ((bytes[(i * bits) >> 3] >> ((i * bits) & 7)) & most) / most,
    );
  } catch {
    return null;
  }
}

/** Pictures with more values are left out of addresses, which would become too long. */
const MOST_VALUES = 4096;
/** The same for changed latents. */
const MOST_EDITS = 200;
/** In place of a seed: an end that is the user's picture. */
const MINE = "yours";

function bitsOf(network) {
  return network.binary
    ? 1
    : network.channels === 1 && network.likelihood.valid(0.1) === 0.1
      ? 4
      : 8;
}

function whole(text, least, most) {
  const found = Number.parseInt(text, 10);
  return Number.isFinite(found) ? within(found, least, most) : null;
}

/** Whether the drawing depends on the user's picture. */
function usesPicture(state) {
  const isEnd = state.a.seed === undefined || state.b.seed === undefined;
  return Boolean(state.image) && (state.mode === "paint" || (state.mode === "between" && isEnd));
}

function editsOf(state) {
  return Object.entries(state.edits).flatMap(([t, values]) =>
    values.map(([i, value]) => `${t}.${i}:${Number(value.toFixed(2))}`),
  );
}

/** What an address has no room for, in words; empty if it holds everything. */
function leftOut(state, network) {
  const found = [];
  if (usesPicture(state) && network.D > MOST_VALUES)
    found.push(`your picture, which has more than ${MOST_VALUES.toLocaleString("en")} values`);
  if (editsOf(state).length > MOST_EDITS)
    found.push(`the latents that you changed, which are more than ${MOST_EDITS}`);
  return found.join(", and ");
}

/** state -> the text after #. */
function toFragment(state, network, record) {
  const found = new URLSearchParams();
  found.set("network", record.name);
  found.set("do", state.mode);
  const hasPicture = usesPicture(state) && network.D <= MOST_VALUES;
  if (state.label !== null && (state.mode === "invent" || state.isChosen))
    found.set("class", state.label);
  found.set("seed", state.seeds.map(([t, seed]) => (t ? `${t}:${seed}` : seed)).join(","));
  if (state.mean) found.set("mean", 1);
  const edits = editsOf(state);
  if (edits.length && edits.length <= MOST_EDITS) found.set("latents", edits.join(","));
  if (state.t < network.T) found.set("t", state.t);
  if (hasPicture) found.set("picture", letters(state.image, bitsOf(network)));
  if (state.mode === "between") {
    for (const end of ["a", "b"]) {
      const { seed, label } = state[end];
      if (seed !== undefined) found.set(end, label === null ? seed : `${seed}:${label}`);
      else if (hasPicture) found.set(end, MINE);
    }
    found.set("mix", Math.round(100 * state.mix));
  }
  return found.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
}

/** The text after # -> the parts of a state that it gives; anything invalid is ignored. */
function fromFragment(text, network) {
  const given = new URLSearchParams(text);
  const { T, Z, K } = network;
  const found = {};
  const seedAt = (word) => whole(word, 0, 2 ** 31 - 1);
  if (["invent", "paint", "between"].includes(given.get("do"))) found.mode = given.get("do");
  if (K && given.has("class")) found.label = whole(given.get("class"), 0, K - 1);
  const seeds = (given.get("seed") || "").split(",").map((word) => {
    const [first, second] = word.split(":");
    return second === undefined ? [0, seedAt(first)] : [whole(first, 0, T - 1), seedAt(second)];
  });
  if (seeds[0][0] === 0 && seeds.every(([t, seed]) => t !== null && seed !== null))
    found.seeds = seeds;
  found.mean = given.get("mean") === "1";
  found.edits = {};
  for (const word of (given.get("latents") || "").split(",").slice(0, MOST_EDITS)) {
    const [, t, i, value] = /^(\d+)\.(\d+):(-?[\d.]+)$/.exec(word) || [];
    if (t === undefined || t >= T || i >= Z || !Number.isFinite(Number(value))) continue;
    found.edits[t] ||= [];
    found.edits[t].push([Number(i), within(Number(value), -9, 9)]);
  }
  if (given.has("t")) found.t = whole(given.get("t"), 0, T);
  if (given.has("picture")) {
    found.image = fromLetters(given.get("picture"), network.D, bitsOf(network));
    if (!found.image) delete found.image;
  }
  for (const end of ["a", "b"]) {
    const [seed, label] = (given.get(end) || "").split(":");
    if (seed === MINE) found[end] = {};
    else if (seedAt(seed) !== null)
      found[end] = { seed: seedAt(seed), label: K ? whole(label, 0, K - 1) || 0 : null };
  }
  if (given.has("mix")) found.mix = (whole(given.get("mix"), 0, 100) ?? 50) / 100;
  return found;
}
