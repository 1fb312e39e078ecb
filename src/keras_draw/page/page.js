/*
 * The page's state, and what each control does with it.
 */

const $ = (id) => document.getElementById(id);
const records = JSON.parse($("networks").textContent);
const asking = new Asking($("engine").textContent);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
/** Milliseconds in which a drawing is played. */
const SHOWING = 2200;
const ROUNDS = 20;
/** With more classes than this, a list replaces the buttons. */
const MOST_CHIPS = 30;

let network = null;
let record = null;
let state = null;
let strokes = [];
let playing = false;
let chosen = null;
let guess = null;
let ends = {};
let ours = "";
let lastDrawn = null;
const pad = new Pad($("pad"), $("veil"), painted);

function fresh(label) {
  return {
    mode: "invent",
    label,
    isChosen: false,
    seeds: [[0, 1 + Math.floor(Math.random() * 9999)]],
    mean: false,
    edits: {},
    t: network.T,
    image: null,
    a: { seed: 3, label: network.K ? 4 % network.K : null },
    b: { seed: 8, label: network.K ? 9 % network.K : null },
    mix: 0.5,
  };
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

function openNetwork(index, said = {}) {
  record = records[index];
  notice("");
  const element = $(`weights-${index}`);
  const begin = () => {
    try {
      network = new Network(record.config, {});
    } catch (error) {
      return failed({ failed: error.message, isMemory: error instanceof RangeError });
    }
    network.binary = record.binary;
    start(said);
  };
  if (record.opened) return begin();
  $("main").hidden = true;
  const content = element.textContent.trim();
  asking.ask("open", { net: index, record, content }, (answer) => {
    if (answer.failed) return failed(answer);
    record.opened = true;
    element.remove();
    if (record === records[index]) begin();
  });
}

/** Show that the machine has too little memory, or that something else failed. */
function failed({ failed: why, isMemory }) {
  const megabytes = Math.ceil((record.values * 4) / 1e6);
  notice(
    isMemory
      ? `There is not enough memory for the network ${record.name}: its weights alone take ${megabytes} MB. Close other pages, or use a machine with more memory.`
      : `The network ${record.name} does not work here: ${why}`,
  );
}

/** Show an open network in the state that a link describes. */
function start(said) {
  network.index = records.indexOf(record);
  network.box = record.box;
  const { K, T } = network;
  const read = fromFragment(said.text || "", network);
  state = { ...fresh(K ? (read.label ?? Math.floor(Math.random() * K)) : null), ...read };
  state.isChosen =
    Boolean(K) && read.label !== undefined && (read.mode === "paint" || Boolean(read.image));
  playing = false;
  chosen = null;
  guess = null;
  ends = {};
  lastDrawn = null;
  asking.stopAll();
  forgetAnswers();
  const paintable = network.channels === 1 || network.channels === 3;
  $("tab-paint").hidden = !paintable;
  if (!paintable && state.mode === "paint") state.mode = "invent";
  const { image } = state;
  pad.centre = network.channels === 1 && record.centre;
  pad.fit(network);
  if (image) pad.put(image);
  state.image = image || null;
  $("network").value = String(network.index);
  $("main").hidden = false;
  for (const id of ["frame", "pad-frame"])
    $(id).style.aspectRatio = `${network.width} / ${network.height}`;
  for (const id of ["frame", "pad-frame"])
    $(id).style.maxWidth = `calc(var(--size) * ${Math.min(1, network.width / network.height)})`;
  $("time").max = T;
  $("legend").hidden = !(network.config.read || network.config.write);
  $("looks").hidden = !network.config.read;
  $("and").hidden = !(network.config.read && network.config.write);
  $("where").hidden = Boolean(network.config.read);
  $("paints").hidden = !network.config.write;
  $("centre-label").hidden = network.channels !== 1;
  $("centre").checked = pad.centre;
  $("ask").hidden = !K;
  $("classes").hidden = !K;
  $("guessing").hidden = !K;
  $("asked-again").hidden = !K;
  $("cost-note").textContent = record.cost;
  makeSwatches();
  makeClasses();
  makeGuesses();
  makeFacts();
  setMode(state.mode, said.text !== undefined && state.t < T ? state.t : null);
}

function makeFacts() {
  $("facts").replaceChildren(
    ...record.facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]),
  );
}

function element(tag, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function button(text, act) {
  const made = element("button", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** Buttons for the classes, or a list if there are many. */
function makeClasses() {
  const names = record.classes;
  if (names.length > MOST_CHIPS) {
    const list = element("select");
    list.setAttribute("aria-label", "Class");
    for (const [k, name] of names.entries()) list.add(new Option(name, k));
    list.addEventListener("change", () => draw({ label: Number(list.value) }));
    return $("classes").replaceChildren(list);
  }
  $("classes").replaceChildren(
    ...names.map((name, k) => {
      const made = button(name, () => draw({ label: k }));
      made.title = name;
      return made;
    }),
  );
}

/** Another tab: what was set for the drawing of the last one does not hold for this one. */
function changeMode(mode) {
  if (mode !== state.mode) {
    state.edits = {};
    state.mean = false;
    notice("");
  }
  setMode(mode);
}

function setMode(mode, t = null) {
  state.mode = mode;
  setWalking(false);
  for (const name of ["invent", "paint", "between"]) {
    const tab = $(`tab-${name}`);
    tab.setAttribute("aria-selected", String(name === mode));
    tab.tabIndex = name === mode ? 0 : -1;
    $(name).hidden = name !== mode;
  }
  $("room").classList.toggle("painting", mode === "paint");
  $("yours").hidden = mode !== "paint";
  $("stage-title").textContent = {
    invent: "What it draws",
    paint: "How it paints your picture",
    between: "In between",
  }[mode];
  $("map-note").textContent =
    mode === "paint"
      ? "The numbers it noted about your picture, one row per stroke. Drag one sideways."
      : "The random numbers behind the picture, one row per stroke. Drag one sideways.";
  if (mode === "invent" && network.K && state.label === null)
    state.label = Math.floor(Math.random() * network.K);
  if (mode === "paint") {
    if (!state.isChosen) state.label = null;
    askGuess();
    showGuess();
  }
  if (mode === "between") {
    ends = {};
    $("mix").value = 100 * state.mix;
    for (const end of ["a", "b"]) {
      if (state[end].seed === undefined && !state.image) state[end] = fresh(null)[end];
      findEnd(end);
    }
  }
  strokes = [];
  paint(0);
  if (t !== null) stopAt(t);
  else if (mode === "between") stopAt(network.T);
  else play(0);
}

let writing = 0;

/** Update the address shortly after the last change. */
function remember() {
  clearTimeout(writing);
  writing = setTimeout(() => {
    if (playing || walking) return;
    const text = toFragment(state, network, record);
    if (text === ours) return;
    ours = text;
    try {
      history.replaceState(null, "", `#${text}`);
    } catch {
      // The address may be read-only, as in some frames; the link button still works.
    }
  }, 250);
}

async function copyLink() {
  const address = `${location.href.split("#")[0]}#${toFragment(state, network, record)}`;
  const missing = leftOut(state, network);
  const isCopied = await copy(address);
  const refused =
    "This browser does not let the page copy. Copy the page's address instead: it is the link.";
  const said = [!isCopied && refused, missing && `The link leaves out ${missing}.`];
  notice(said.filter(Boolean).join(" "));
  $("link").textContent = isCopied ? "Copied" : "Not copied";
  setTimeout(() => ($("link").textContent = "Copy link"), 1500);
}

/** Copy a text; false if the browser refuses. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text);
  }
}

/** Copy as a user does, by selecting; this takes the focus from the button, and gives it back. */
function copyByHand(text) {
  const field = element("textarea", text);
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  $("link").focus();
  return isCopied;
}

/** The network that an address names, or the first. */
function fromAddress() {
  const text = location.hash.slice(1);
  const name = new URLSearchParams(text).get("network");
  const index = Math.max(
    records.findIndex((one) => one.name === name),
    0,
  );
  ours = text;
  openNetwork(index, text ? { text } : {});
}
