/*
 * From one picture to another, through the latents of all strokes.
 */

/** The time at which the walk began; 0 without a walk. */
let walking = 0;

/** Determine one end: its latents, its label, its picture. */
function findEnd(end) {
  const { seed, label } = state[end];
  const isMine = seed === undefined;
  const yours = chosenClass() ?? likeliest();
  // The guess comes first, and its answer comes back here.
  if (isMine && network.K && yours === null) return askGuess();
  const asLabel = network.K ? oneHot(isMine ? yours : label, network.K) : new Float32Array(0);
  const slot = `end ${end}`;
  const found = (latents, image) => {
    ends[end] = { latents, label: asLabel };
    show($(`end-${end}`), image, network);
    showWay();
  };
  if (isMine) {
    const request = { net: network.index, image: state.image, label: asLabel };
    const hear = (answer) => answer.latents && found(answer.latents, answer.image);
    asking.ask("means", request, hear, slot);
    return;
  }
  const latents = new Float32Array(network.T * network.Z);
  for (const [t, row] of noiseOf(seed, network.T, network.Z).entries())
    latents.set(row, t * network.Z);
  const request = { net: network.index, pictures: [{ latents, label: asLabel }] };
  asking.ask(
    "finished",
    request,
    (answer) => answer.images && found(latents, answer.images[0]),
    slot,
  );
}

/** Determine the ends that are the user's picture again. */
function findYours() {
  for (const end of ["a", "b"]) if (state[end].seed === undefined) findEnd(end);
}

/** Show nine pictures on the way, and the chosen one on the stage. */
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

/** Walk to the other end in four seconds, and back. */
function walk(now) {
  const share = ((now - walking) / 4000) % 2;
  setMix(share > 1 ? 2 - share : share);
}
