/*
 * What people do with a network: the page's state, and what follows from each control.
 */

const $ = (id) => document.getElementById(id);
const records = JSON.parse($("networks").textContent);
const asking = new Asking($("engine").textContent);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
/** Milliseconds that a drawing takes to be shown. */
const SHOWING = 2200;
const ROUNDS = 20;
/** Classes beyond these are chosen from a list. */
const MOST_CHIPS = 30;

let network = null;
let record = null;
let state = null;
let strokes = [];
let blank = null;
let playing = false;
let lastShown = 0;
let held = null;
let chosen = null;
let guess = null;
let ends = {};
let walking = 0;
let ours = "";
let lastDrawn = null;
const pad = new Pad($("pad"), $("veil"), painted);

function fresh(label) {
  return {
    mode: "invent",
    label,
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

// The networks.

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
      return failed(error.message);
    }
    network.binary = record.binary;
    start(said);
  };
  if (record.opened) return begin();
  $("main").hidden = true;
  const content = element.textContent.trim();
  asking.ask("open", { net: index, record, content }, (answer) => {
    if (answer.failed) return failed(answer.failed);
    record.opened = true;
    element.remove();
    if (record === records[index]) begin();
  });
}

function failed(why) {
  const megabytes = Math.ceil((record.values * 4) / 1e6);
  notice(
    `The network ${record.name} could not be opened: ${why} It needs about ${megabytes} MB of memory; close other pages, or try a machine with more.`,
  );
  $("main").hidden = true;
}

/** Show a network that is open, from what a link says of it. */
function start(said) {
  network.index = records.indexOf(record);
  network.box = record.box;
  const { K, T } = network;
  const read = fromFragment(said.text || "", network);
  state = { ...fresh(K ? (read.label ?? Math.floor(Math.random() * K)) : null), ...read };
  if (K && read.label === undefined && said.text && state.mode === "paint") state.label = null;
  playing = false;
  chosen = null;
  guess = null;
  ends = {};
  lastDrawn = null;
  asking.stop("complete");
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

/** Buttons for the classes, or a list where there are many. */
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

function makeGuesses() {
  const names = record.classes;
  $("guesses").classList.toggle("long", names.some((name) => name.length > 3) || names.length > 20);
  $("guesses").replaceChildren(
    ...names.map((name, k) => {
      const made = button("", () => {
        state.label = state.label === k ? null : k;
        repaint();
        showGuess();
      });
      made.append(element("i"), element("span", name));
      made.title = name;
      return made;
    }),
  );
}

function makeSwatches() {
  const inks = network.channels === 1 ? INKS : COLOURS;
  const names = ["white", "red", "orange", "yellow", "green", "blue", "purple", "brown", "black"];
  $("swatches").replaceChildren(
    ...inks.map((ink, k) => {
      const made = button("", () => choose(ink));
      made.style.backgroundColor = ink;
      made.dataset.ink = ink;
      const name = inks.length === 2 ? ["Brush", "Eraser"][k] : names[k];
      made.setAttribute("aria-label", name);
      made.title = name;
      return made;
    }),
  );
  choose(inks[0]);
}

/** Take a brush, or what covers if none is given. */
function choose(ink) {
  pad.covers = !ink;
  if (ink) pad.ink = ink;
  for (const made of $("swatches").children)
    made.setAttribute("aria-pressed", String(made.dataset.ink === ink));
  $("cover").setAttribute("aria-pressed", String(pad.covers));
}

// Drawing.

function labelNow() {
  if (!network.K) return new Float32Array(0);
  if (state.mode === "between") {
    const [a, b] = ["a", "b"].map((end) => ends[end]?.label || oneHot(0, network.K));
    return a.map((v, k) => (1 - state.mix) * v + state.mix * b[k]);
  }
  const best = guess ? guess.indexOf(Math.max(...guess)) : 0;
  return oneHot(state.label ?? best, network.K);
}

function mixed() {
  const { a, b } = ends;
  if (!a?.latents || !b?.latents) return null;
  return a.latents.map((v, k) => (1 - state.mix) * v + state.mix * b.latents[k]);
}

/**
 * Have the stage painted again from stroke `from` on. patient: let what is being painted come to its
 * end first, so that something is seen while a hand moves.
 */
function paint(from, { patient = false } = {}) {
  if (patient && asking.isBusy("draw")) {
    held = Math.min(held ?? from, from);
    return;
  }
  const latents = state.mode === "between" ? mixed() : null;
  const image = state.mode === "paint" ? state.image : null;
  if ((state.mode === "between" && !latents) || (state.mode === "paint" && !image)) {
    asking.stop("draw");
    strokes = [];
    return refresh();
  }
  const start = Math.min(held ?? from, from);
  held = null;
  if (start === 0 && !patient) strokes = [];
  const request = {
    net: network.index,
    from: start,
    image,
    label: labelNow(),
    latents,
    seeds: state.seeds,
    mean: state.mean,
    edits: state.edits,
  };
  asking.ask("draw", request, (answer) => {
    if (answer.failed) return failed(answer.failed);
    blank = answer.blank;
    for (const stroke of answer.strokes) strokes[stroke.t] = stroke;
    if (answer.done && state.mode === "invent") lastDrawn = strokes[network.T - 1].image;
    refresh();
    if (answer.done && held !== null) paint(held, { patient: true });
  });
}

/** Begin a drawing with something changed, and show it from its first stroke on. */
function draw(change = {}) {
  Object.assign(state, change);
  if (!("edits" in change)) state.edits = {};
  chosen = null;
  paint(0);
  play(0);
}

function another() {
  state.mean = false;
  draw({ seeds: [[0, 1 + Math.floor(Math.random() * 9999)]] });
}

/** Other strokes after the one that is shown: the same beginning, new chance. */
function rest() {
  if (state.mode === "between") return;
  const t = state.t >= network.T ? 0 : state.t;
  const seeds = state.seeds.filter(([first]) => first < t);
  seeds.push([t, 1 + Math.floor(Math.random() * 9999)]);
  state.mean = false;
  state.seeds = seeds;
  state.edits = Object.fromEntries(Object.entries(state.edits).filter(([k]) => k < t));
  paint(t);
  play(t);
}

function meanPath() {
  draw({ mean: !state.mean });
}

// Time.

function play(from) {
  if (from !== undefined) state.t = from;
  else if (state.t >= network.T) state.t = 0;
  playing = !calm || from === undefined;
  if (!playing) state.t = network.T;
  lastShown = performance.now();
  refresh();
}

function stopAt(t) {
  playing = false;
  state.t = within(t, 0, network.T);
  refresh();
}

function tick(now) {
  requestAnimationFrame(tick);
  if (walking) walk(now);
  if (!playing || !network) return;
  const pause = Math.max(SHOWING / network.T, 50);
  while (state.t < network.T && strokes[state.t] && now - lastShown >= pause) {
    state.t++;
    lastShown = Math.max(lastShown + pause, now - pause);
    refresh();
  }
  if (state.t >= network.T) {
    playing = false;
    refresh();
  }
}

// What is shown.

let isDirty = false;

/** Show the state in the next frame. */
function refresh() {
  if (isDirty) return;
  isDirty = true;
  requestAnimationFrame(() => {
    isDirty = false;
    if (!$("main").hidden) showAll();
  });
}

function showAll() {
  const { T } = network;
  const t = state.t;
  const stroke = strokes[Math.min(t, T) - 1];
  const now = t === 0 ? blank : stroke || strokes.filter(Boolean).at(-1) || blank;
  const idle = state.mode === "paint" && !state.image;
  show($("canvas"), idle || !now ? new Float32Array(network.D) : now.image, network);
  showWindows($("overlay"), $("windows").checked && !idle ? stroke : null, network);
  $("time").value = t;
  $("time").setAttribute("aria-valuetext", `stroke ${t} of ${T}`);
  $("clock").textContent = `${t} of ${T}`;
  $("play-sign").textContent = playing ? "❚❚" : "▶";
  $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  $("mean").setAttribute("aria-pressed", String(state.mean));
  $("inside").hidden = idle;
  if (!idle) {
    showFilm($("film"), strokes, t, network);
    showMap($("map"), strokes, t, chosen, network);
    showLedger(now);
    showKnob();
  }
  markClass();
  $("pad-hint").hidden = !pad.isEmpty;
  $("own").disabled = !lastDrawn;
  $("complete").disabled = !pad.isHiding || pad.isEmpty;
  $("hide-none").disabled = !pad.isHiding;
  for (const id of ["hide-lower", "hide-right", "cover"]) $(id).disabled = pad.isEmpty;
  for (const end of ["a", "b"]) $(`mine-${end}`).disabled = !state.image;
  remember();
}

function showLedger(now) {
  const told = now && now.left !== null;
  $("ledger").hidden = !told;
  if (!told) return;
  const said = strokes.slice(0, state.t).reduce((sum, stroke) => sum + (stroke?.kl || 0), 0);
  $("said").textContent = said.toFixed(1);
  $("left").textContent = now.left.toFixed(1);
  // Densities may cost less than nothing: of these there is no bar.
  $("scale").hidden = now.left < 0;
  const most = Math.max(said + now.left, blank?.left || 0, 1e-9);
  $("said-bar").style.width = `${(100 * said) / most}%`;
  $("left-bar").style.width = `${(100 * now.left) / most}%`;
}

function showKnob() {
  const value = chosen && strokes[chosen.t]?.z[chosen.i];
  $("knob").disabled = !chosen;
  $("chosen").textContent = chosen
    ? `stroke ${chosen.t + 1}, latent ${chosen.i + 1}: ${(value ?? 0).toFixed(2)}`
    : "none chosen yet";
  if (chosen && value !== undefined) $("knob").value = value;
  $("undo").disabled = !Object.keys(state.edits).length;
}

function markClass() {
  const list = $("classes").firstElementChild;
  if (list?.tagName === "SELECT") list.value = state.label ?? 0;
  else
    for (const [k, made] of [...$("classes").children].entries())
      made.setAttribute("aria-pressed", String(k === state.label));
}

// The latents.

function setLatent(t, i, value) {
  const edits = (state.edits[t] || []).filter(([other]) => other !== i);
  state.edits = { ...state.edits, [t]: [...edits, [i, within(value, -9, 9)]] };
  chosen = { t, i };
  playing = false;
  if (state.t <= t) state.t = network.T;
  paint(t, { patient: true });
  refresh();
}

function cellAt(event) {
  const box = $("map").getBoundingClientRect();
  const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  return {
    t: within(Math.floor(y * network.T), 0, network.T - 1),
    i: within(Math.floor(x * network.Z), 0, network.Z - 1),
  };
}

function dragLatents() {
  let drag = null;
  $("map").addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    chosen = cellAt(event);
    drag = { x: event.clientX, value: strokes[chosen.t]?.z[chosen.i] ?? 0 };
    $("map").setPointerCapture?.(event.pointerId);
    refresh();
  });
  $("map").addEventListener("pointermove", (event) => {
    if (!drag || Math.abs(event.clientX - drag.x) < 2) return;
    setLatent(chosen.t, chosen.i, drag.value + (event.clientX - drag.x) / 40);
  });
  for (const name of ["pointerup", "pointercancel"])
    $("map").addEventListener(name, () => {
      drag = null;
    });
  $("map").addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const change = { "+": 0.25, "=": 0.25, "-": -0.25, "−": -0.25 }[event.key];
    if (!way[event.key] && !change && event.key !== "0") return;
    event.preventDefault();
    event.stopPropagation();
    const { t, i } = chosen || { t: 0, i: 0 };
    const [down, across] = way[event.key] || [0, 0];
    const value = strokes[t]?.z[i] ?? 0;
    if (event.key === "0") setLatent(t, i, 0);
    else if (change) setLatent(t, i, value + change);
    else if (chosen)
      chosen = {
        t: within(t + down, 0, network.T - 1),
        i: within(i + across, 0, network.Z - 1),
      };
    else chosen = { t, i };
    refresh();
  });
}

// A picture of one's own.

/** The pad changed: while the brush is down the end is shown, afterwards how it came about. */
function painted(rest) {
  if (pad.covers || pad.isHiding) {
    if (rest) refresh();
    return;
  }
  take(pad.values(), rest);
}

function take(values, rest) {
  state.image = values;
  state.edits = {};
  chosen = null;
  if (!values) {
    guess = null;
    showGuess();
    return paint(0);
  }
  if (rest) {
    askGuess();
    if (!network.K || state.label !== null || guess) paint(0);
    play(0);
  } else {
    if (!asking.isBusy("guess")) askGuess();
    state.t = network.T;
    playing = false;
    if (!network.K || state.label !== null || guess) paint(0, { patient: true });
  }
  refresh();
}

function repaint() {
  if (!state.image) return;
  state.edits = {};
  paint(0);
  play(0);
}

function askGuess() {
  if (!network.K || !state.image) return;
  asking.ask("guess", { net: network.index, image: state.image }, (answer) => {
    if (answer.failed) return;
    const before = guess?.indexOf(Math.max(...guess));
    guess = answer.shares;
    showGuess();
    if (state.mode !== "paint" || state.label !== null) return;
    if (before !== guess.indexOf(Math.max(...guess))) paint(0, { patient: !playing });
  });
}

function showGuess() {
  const best = guess ? Math.max(...guess) : 0;
  const k = guess ? guess.indexOf(best) : -1;
  for (const [i, made] of [...$("guesses").children].entries()) {
    const share = guess ? guess[i] : 0;
    made.setAttribute("aria-pressed", String(state.label === i));
    made.setAttribute("aria-label", `${record.classes[i]}: ${Math.round(100 * share)} percent`);
    const bar = made.firstElementChild;
    const isLong = $("guesses").classList.contains("long");
    bar.style.height = isLong ? "" : `${share * 2.9}rem`;
    bar.style.width = isLong ? `${100 * share}%` : "";
  }
  const name = record.classes[state.label ?? k];
  $("guess-note").textContent = !guess
    ? "Paint something, and it says what it takes it for."
    : state.label !== null
      ? `You say ${name}, and it is painted as that. Choose it again to let the network decide.`
      : `It takes it for ${name} (${percent(best)}), and was never taught to tell.`;
}

function percent(share) {
  return share > 0.995 ? "over 99 %" : `${Math.round(100 * share)} %`;
}

function hide(inside) {
  pad.hide(inside);
  if (pad.held) state.image = pad.held;
  asking.stop("complete");
  refresh();
}

function complete() {
  const image = pad.values();
  if (!image || !pad.isHiding) return;
  const canvases = Array.from({ length: 8 }, () => {
    const made = button("", () => {
      if (made.values) {
        pad.hide(() => false);
        pad.put(made.values);
        take(pad.values(), true);
      }
    });
    made.append(element("canvas"));
    made.setAttribute("aria-label", "An answer: take it for the picture");
    made.title = "Take this answer for the picture";
    return made;
  });
  $("answers").replaceChildren(...canvases);
  $("answers").hidden = false;
  $("complete-note").textContent = "It begins with noise …";
  const request = {
    net: network.index,
    image,
    hidden: pad.hidden,
    label: network.K && state.label !== null ? oneHot(state.label, network.K) : null,
    answers: 8,
    rounds: ROUNDS,
    seed: 1 + Math.floor(Math.random() * 9999),
  };
  asking.ask("complete", request, (answer) => {
    if (answer.failed) return failed(answer.failed);
    answer.views.forEach((view, k) => {
      show(canvases[k].firstElementChild, view, network);
      canvases[k].values = view.map((v) =>
        network.binary ? Math.round(v) : network.likelihood.valid(v),
      );
    });
    $("complete-note").textContent = answer.done
      ? "Eight answers, each with what was seen put back. Take one by choosing it."
      : `Round ${answer.round} of ${ROUNDS}: painting, and putting back what is seen.`;
  });
}

// From one picture to another.

/** Find out what an end is: its latents, its label, its picture. */
function findEnd(end) {
  const { seed, label } = state[end];
  const isMine = seed === undefined;
  const best = guess ? guess.indexOf(Math.max(...guess)) : 0;
  const asLabel = network.K
    ? oneHot(isMine ? (state.label ?? best) : label, network.K)
    : new Float32Array(0);
  const found = (latents, image) => {
    ends[end] = { latents, label: asLabel };
    show($(`end-${end}`), image, network);
    showWay();
  };
  if (isMine) {
    const request = { net: network.index, image: state.image, label: asLabel };
    asking.ask("means", request, (answer) => answer.latents && found(answer.latents, answer.image));
    return;
  }
  const latents = new Float32Array(network.T * network.Z);
  for (const [t, row] of noiseOf(seed, network.T, network.Z).entries())
    latents.set(row, t * network.Z);
  const request = { net: network.index, pictures: [{ latents, label: asLabel }] };
  asking.ask("finished", request, (answer) => {
    if (answer.images) found(latents, answer.images[0]);
    if (end === "a" && !ends.b) findEnd("b");
  });
}

/** Nine pictures on the way, and the one that is chosen on the stage. */
function showWay() {
  if (!ends.a || !ends.b) return;
  if (state.mode === "between") paint(0, { patient: true });
  const pictures = Array.from({ length: 9 }, (_, k) => {
    const share = k / 8;
    const mix = (from, to) => from.map((v, i) => (1 - share) * v + share * to[i]);
    return { latents: mix(ends.a.latents, ends.b.latents), label: mix(ends.a.label, ends.b.label) };
  });
  asking.ask("finished", { net: network.index, pictures }, (answer) => {
    if (!answer.images) return;
    $("steps").replaceChildren(
      ...answer.images.map((image, k) => {
        const made = button("", () => setMix(k / 8));
        made.append(element("canvas"));
        made.setAttribute("aria-label", `${Math.round((100 * k) / 8)} percent of the way`);
        show(made.firstElementChild, image, network);
        return made;
      }),
    );
    markWay();
  });
}

function setMix(share) {
  state.mix = share;
  state.edits = {};
  $("mix").value = 100 * share;
  state.t = network.T;
  playing = false;
  paint(0, { patient: true });
  markWay();
  refresh();
}

function markWay() {
  for (const [k, made] of [...$("steps").children].entries())
    made.setAttribute("aria-pressed", String(Math.abs(k / 8 - state.mix) < 1 / 16));
}

function otherEnd(end) {
  const label = network.K ? Math.floor(Math.random() * network.K) : null;
  state[end] = { seed: 1 + Math.floor(Math.random() * 9999), label };
  findEnd(end);
}

function setWalking(on) {
  walking = on ? performance.now() - 4000 * state.mix : 0;
  $("walk").setAttribute("aria-pressed", String(on));
  $("walk").textContent = on ? "Stop" : "Walk";
}

/** There in four seconds, and back. */
function walk(now) {
  const share = ((now - walking) / 4000) % 2;
  setMix(share > 1 ? 2 - share : share);
}

// Which of the three it is.

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
    paint: "What it makes of it",
    between: "On the way",
  }[mode];
  $("map-note").textContent =
    mode === "paint"
      ? "What it noted of your picture: a row a stroke. Drag one sideways."
      : "The random numbers behind the picture: a row a stroke. Drag one sideways.";
  if (mode === "invent" && network.K && state.label === null)
    state.label = Math.floor(Math.random() * network.K);
  if (mode === "paint") {
    if (t === null && !location.hash.includes("do=paint")) state.label = null;
    askGuess();
    showGuess();
  }
  if (mode === "between") {
    ends = {};
    $("mix").value = 100 * state.mix;
    for (const end of ["a", "b"])
      if (state[end].seed === undefined && !state.image) state[end] = fresh(null)[end];
    findEnd(state.a.seed === undefined ? "b" : "a");
    if (state.a.seed === undefined || state.b.seed === undefined)
      findEnd(state.a.seed === undefined ? "a" : "b");
  }
  strokes = [];
  paint(0);
  if (t !== null) stopAt(t);
  else if (mode === "between") stopAt(network.T);
  else play(0);
}

// Links.

let writing = 0;

/** Keep the address true, a moment after the last change. */
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
      // An address that may not be changed, as in some frames: the link button still knows it.
    }
  }, 250);
}

async function copyLink() {
  const address = `${location.href.split("#")[0]}#${toFragment(state, network, record)}`;
  try {
    await navigator.clipboard.writeText(address);
  } catch {
    const field = element("textarea", address);
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  $("link").textContent = "Copied";
  setTimeout(() => ($("link").textContent = "Copy link"), 1500);
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

// Controls.

function listen() {
  const on = (id, act, event = "click") => $(id).addEventListener(event, act);
  on("another", another);
  on("rest", rest);
  on("mean", meanPath);
  on("play", () => (playing ? stopAt(state.t) : play()));
  on("time", () => stopAt(Number($("time").value)), "input");
  on("windows", refresh, "change");
  on("knob", () => chosen && setLatent(chosen.t, chosen.i, Number($("knob").value)), "input");
  on("undo", () => {
    state.edits = {};
    paint(0, { patient: true });
  });
  on("cover", () => choose(pad.covers ? pad.ink : null));
  on("clear", () => {
    pad.clear();
    $("answers").hidden = true;
    asking.stop("complete");
    take(null, true);
  });
  on("own", () => {
    pad.clear();
    pad.put(lastDrawn.map((v) => (network.binary ? Math.round(v) : network.likelihood.valid(v))));
    take(pad.values(), true);
  });
  on("file", openFile, "change");
  on(
    "centre",
    () => {
      pad.centre = $("centre").checked;
      take(pad.values(), true);
    },
    "change",
  );
  on("hide-lower", () => hide((_, down) => down > 0.5));
  on("hide-right", () => hide((across) => across > 0.5));
  on("hide-none", () => hide(() => false));
  on("complete", complete);
  on(
    "mix",
    () => {
      setWalking(false);
      setMix(Number($("mix").value) / 100);
    },
    "input",
  );
  on("walk", () => setWalking(!walking));
  for (const end of ["a", "b"]) {
    on(`other-${end}`, () => otherEnd(end));
    on(`mine-${end}`, () => {
      state[end] = { label: state.label };
      findEnd(end);
    });
  }
  on("link", copyLink);
  on("theme", changeTheme);
  on("network", () => openNetwork(Number($("network").value)), "change");
  for (const name of ["invent", "paint", "between"]) on(`tab-${name}`, () => setMode(name));
  document.querySelector(".tabs").addEventListener("keydown", changeTab);
  listenToFilm();
  dragLatents();
  document.addEventListener("keydown", pressed);
  window.addEventListener("hashchange", () => location.hash.slice(1) !== ours && fromAddress());
  window.addEventListener("resize", refresh);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
}

async function openFile() {
  const [file] = $("file").files;
  $("file").value = "";
  if (!file) return;
  try {
    await pad.open(file);
    notice("");
    take(pad.values(), true);
  } catch {
    notice(`${file.name} is no picture that this browser can open: give a PNG or a JPEG.`);
  }
}

function changeTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  refresh();
}

function changeTab(event) {
  const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  const tabs = [...document.querySelectorAll(".tabs button")].filter((tab) => !tab.hidden);
  const next = tabs[(tabs.indexOf(document.activeElement) + way + tabs.length) % tabs.length];
  next.focus();
  next.click();
}

function listenToFilm() {
  const film = $("film");
  const go = (event) => {
    if (!event.buttons) return;
    const x = event.clientX - film.getBoundingClientRect().left;
    stopAt(Math.floor(x / Number(film.dataset.step)) + 1);
  };
  film.addEventListener("pointerdown", go);
  film.addEventListener("pointermove", go);
}

/** Keys that work wherever no control of its own takes them. */
function pressed(event) {
  if (!network || $("main").hidden) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const { tagName, type } = event.target;
  if (tagName === "SELECT" || tagName === "TEXTAREA") return;
  const isControl = ["BUTTON", "SUMMARY", "INPUT"].includes(tagName);
  const key = event.key.toLowerCase();
  const digit = /^[0-9]$/.test(key) && Number(key) < network.K ? Number(key) : null;
  if (key === " " && !isControl) playing ? stopAt(state.t) : play();
  else if (key === "arrowleft" && type !== "range") stopAt(state.t - 1);
  else if (key === "arrowright" && type !== "range") stopAt(state.t + 1);
  else if (key === "n") nextPicture();
  else if (key === "r") rest();
  else if (key === "m" && state.mode !== "between") meanPath();
  else if (key === "w") $("windows").click();
  else if (digit !== null && state.mode === "invent") draw({ label: digit });
  else if (digit !== null && state.mode === "paint") $("guesses").children[digit]?.click();
  else return;
  event.preventDefault();
}

function nextPicture() {
  if (state.mode === "between") otherEnd("b");
  else another();
}

function begin() {
  for (const [k, one] of records.entries()) $("network").add(new Option(one.title, k));
  $("which").hidden = records.length < 2;
  listen();
  fromAddress();
  requestAnimationFrame(tick);
}

begin();
