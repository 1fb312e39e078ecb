/*
 * The user's own picture: reconstructed, classified, completed.
 */

/** What the page says before anything is completed. */
const HIDE_NOTE = $("complete-note").textContent;

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

/** Choose an ink, or the cover tool if none is given. */
function choose(ink) {
  pad.covers = !ink;
  if (ink) pad.ink = ink;
  for (const made of $("swatches").children)
    made.setAttribute("aria-pressed", String(made.dataset.ink === ink));
  $("cover").setAttribute("aria-pressed", String(pad.covers));
}

function makeGuesses() {
  const names = record.classes;
  $("guesses").classList.toggle("long", names.some((name) => name.length > 3) || names.length > 20);
  $("guesses").replaceChildren(
    ...names.map((name, k) => {
      const made = button("", () => {
        state.label = state.label === k ? null : k;
        state.isChosen = state.label !== null;
        repaint();
        showGuess();
      });
      made.append(element("i"), element("span", name));
      made.title = name;
      return made;
    }),
  );
}

/** The pad changed: show the result while the brush is down, and play the strokes afterwards. */
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
    asking.stop("guess");
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

/** The class chosen for the user's picture; null if the network decides. */
function chosenClass() {
  return state.isChosen ? state.label : null;
}

/** The class that the network finds the likeliest; null without a guess. */
function likeliest() {
  return guess ? guess.indexOf(Math.max(...guess)) : null;
}

function askGuess() {
  if (!network.K || !state.image) return;
  asking.ask("guess", { net: network.index, image: state.image }, (answer) => {
    if (answer.failed) return;
    const before = likeliest();
    guess = answer.shares;
    showGuess();
    if (before === likeliest() || chosenClass() !== null) return;
    if (state.mode === "paint") paint(0, { patient: !playing });
    if (state.mode === "between") findYours();
  });
}

function showGuess() {
  const label = chosenClass();
  for (const [i, made] of [...$("guesses").children].entries()) {
    const share = guess ? guess[i] : 0;
    made.setAttribute("aria-pressed", String(label === i));
    made.setAttribute("aria-label", `${record.classes[i]}: ${Math.round(100 * share)} percent`);
    const bar = made.firstElementChild;
    const isLong = $("guesses").classList.contains("long");
    bar.style.height = isLong ? "" : `${share * 2.9}rem`;
    bar.style.width = isLong ? `${100 * share}%` : "";
  }
  const name = record.classes[label ?? likeliest()];
  const text = !guess
    ? "Paint something, and it guesses what it is."
    : label !== null
      ? `You chose ${name}, so it is painted as that. Choose it again to let the network decide.`
      : `Its guess is ${name} (${percent(guess[likeliest()])}), and it was never taught to tell classes apart.`;
  // A screen reader would read the same text again.
  if ($("guess-note").textContent !== text) $("guess-note").textContent = text;
}

function percent(share) {
  return share > 0.995 ? "over 99 %" : `${Math.round(100 * share)} %`;
}

function hide(inside) {
  pad.hide(inside);
  if (pad.held) state.image = pad.held;
  if (asking.isBusy("complete")) forgetAnswers();
  refresh();
}

/** Stop completing, and remove the answers. */
function forgetAnswers() {
  asking.stop("complete");
  $("answers").replaceChildren();
  $("answers").hidden = true;
  noteCompletion(HIDE_NOTE);
}

/** Say how completing goes. A screen reader waits for the end, and does not read every round. */
function noteCompletion(text, isBusy = false) {
  $("complete-note").setAttribute("aria-busy", String(isBusy));
  $("complete-note").textContent = text;
}

function complete() {
  const image = pad.values();
  if (!image || !pad.isHiding) return;
  const canvases = Array.from({ length: 8 }, () => {
    const made = button("", () => {
      if (made.values?.length === network.D) {
        pad.hide(() => false);
        pad.put(made.values);
        take(pad.values(), true);
      }
    });
    made.append(element("canvas"));
    made.setAttribute("aria-label", "An answer: use it as the picture");
    made.title = "Use this answer as the picture";
    return made;
  });
  $("answers").replaceChildren(...canvases);
  $("answers").hidden = false;
  noteCompletion("Starting …");
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
    if (answer.failed) {
      forgetAnswers();
      return failed(answer);
    }
    answer.views.forEach((view, k) => {
      show(canvases[k].firstElementChild, view, network);
      canvases[k].values = asSeen(view);
    });
    noteCompletion(
      answer.done
        ? "Eight answers, each with the visible part restored. Choose one to use it as the picture."
        : `Round ${answer.round} of ${ROUNDS}: painting, and restoring the visible part.`,
      !answer.done,
    );
  });
}

/** Values that the network may see: 0 and 1 for binary ones, else what its likelihood allows. */
function asSeen(values) {
  return values.map((v) => (network.binary ? Math.round(v) : network.likelihood.valid(v)));
}

/** Use the last picture that the network drew, or have it draw one. */
function useOwn() {
  const use = (image) => {
    pad.clear();
    pad.put(asSeen(image));
    take(pad.values(), true);
  };
  if (lastDrawn) return use(lastDrawn);
  const label = oneHot(Math.floor(Math.random() * network.K), network.K);
  const request = { net: network.index, pictures: [{ seed: state.seeds[0][1], label }] };
  asking.ask("finished", request, (answer) => answer.images && use(answer.images[0]));
}
