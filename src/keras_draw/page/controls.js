/*
 * Event listeners of the controls, for mouse, touch and keyboard.
 */

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
    forgetAnswers();
    take(null, true);
  });
  on("own", useOwn);
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
      state[end] = {};
      findEnd(end);
    });
  }
  on("link", copyLink);
  on("theme", changeTheme);
  on("network", () => openNetwork(Number($("network").value)), "change");
  for (const name of ["invent", "paint", "between"]) on(`tab-${name}`, () => changeMode(name));
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
    notice(`This browser cannot open ${file.name} as a picture. Choose a PNG or a JPEG file.`);
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
  if (!way || isShortcut(event)) return;
  event.preventDefault();
  event.stopPropagation();
  const tabs = [...document.querySelectorAll(".tabs button")].filter((tab) => !tab.hidden);
  const next = tabs[(tabs.indexOf(document.activeElement) + way + tabs.length) % tabs.length];
  next.focus();
  next.click();
}

/** Whether a key belongs to the browser, such as Ctrl and +. */
function isShortcut(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}

/** Keys that work unless the focused control uses them itself. */
function pressed(event) {
  if (!network || $("main").hidden) return;
  if (isShortcut(event) || event.defaultPrevented) return;
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
