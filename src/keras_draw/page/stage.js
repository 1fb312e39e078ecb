/*
 * The stage: requests to the network, playback, and the display.
 */

/** The picture before the first stroke. */
let blank = null;
/** The stroke from which to paint again as soon as the current painting is finished. */
let held = null;
let lastShown = 0;

function labelNow() {
  if (!network.K) return new Float32Array(0);
  if (state.mode === "between") {
    const [a, b] = ["a", "b"].map((end) => ends[end]?.label || oneHot(0, network.K));
    return a.map((v, k) => (1 - state.mix) * v + state.mix * b[k]);
  }
  return oneHot(state.label ?? likeliest() ?? 0, network.K);
}

function mixed() {
  const { a, b } = ends;
  if (!a?.latents || !b?.latents) return null;
  return a.latents.map((v, k) => (1 - state.mix) * v + state.mix * b.latents[k]);
}

/**
 * Paint the stage again from stroke `from` on. patient: finish the current painting first, so that
 * the display keeps changing during a drag.
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
    playing = false;
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
    if (answer.failed) return failed(answer);
    blank = answer.blank;
    for (const stroke of answer.strokes) strokes[stroke.t] = stroke;
    if (answer.done && state.mode === "invent") lastDrawn = strokes[network.T - 1].image;
    refresh();
    if (answer.done && held !== null) paint(held, { patient: true });
  });
}

/** Start a drawing with a changed state, and play it from the first stroke. */
function draw(change = {}) {
  Object.assign(state, change);
  // A class to draw is not a class for the user's picture.
  if ("label" in change) state.isChosen = false;
  if (!("edits" in change)) state.edits = {};
  chosen = null;
  paint(0);
  play(0);
}

function another() {
  state.mean = false;
  draw({ seeds: [[0, 1 + Math.floor(Math.random() * 9999)]] });
}

/** Keep the strokes up to the one shown, and draw new random numbers for the rest. */
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

function isIdle() {
  return state.mode === "paint" && !state.image;
}

function play(from) {
  if (isIdle()) return stopAt(0);
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
  const idle = isIdle();
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
  $("centre").disabled = Boolean(pad.held);
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
  // The cost of a density can be negative; then there is no bar.
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
