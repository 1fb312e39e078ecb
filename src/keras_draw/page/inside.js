/*
 * Inside: the film and the map of latents, and dragging on them.
 */

function setLatent(t, i, value) {
  const edits = (state.edits[t] || []).filter(([other]) => other !== i);
  state.edits = { ...state.edits, [t]: [...edits, [i, within(value, -9, 9)]] };
  chosen = { t, i };
  playing = false;
  if (state.t <= t) state.t = network.T;
  paint(t, { patient: true });
  refresh();
}

/** The value of a latent: the edited value, even before it is painted, or the current one. */
function latentAt(t, i) {
  const edit = (state.edits[t] || []).find(([other]) => other === i);
  return edit ? edit[1] : (strokes[t]?.z[i] ?? 0);
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
    drag = { x: event.clientX, value: latentAt(chosen.t, chosen.i) };
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
    if (isShortcut(event)) return;
    const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const change = { "+": 0.25, "=": 0.25, "-": -0.25, "−": -0.25 }[event.key];
    if (!way[event.key] && !change && event.key !== "0") return;
    event.preventDefault();
    event.stopPropagation();
    const { t, i } = chosen || { t: 0, i: 0 };
    const [down, across] = way[event.key] || [0, 0];
    const value = latentAt(t, i);
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
