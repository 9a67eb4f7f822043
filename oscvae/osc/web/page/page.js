// The page: what a player sees and touches. Everything it does goes through the vocabulary that docs/osc.md describes.

import { Blend } from "./blend.js";
import { clamp } from "./draw.js";
import { Fader } from "./faders.js";
import { onMenu, onPress } from "./hold.js";
import { Keys } from "./keys.js";
import { Listener } from "./listen.js";
import { Map2 } from "./map.js";
import { Menu } from "./menu.js";
import { PartOsc, partOf } from "./part.js";
import { Presets } from "./presets.js";
import { Scope } from "./scope.js";

const STATUS_MS = 1000;
const STARTING_MS = 500;
const VOICES_MS = 50; // how often voices that sound are asked for their place
const GLIDE_S = 1.5;
const CHANNELS = 16;
const WHEEL_SEMITONES = 2;
const WORDS_MS = 8000;
const MODES = ["poly", "mono", "legato"];
const SILENT = "Silent: no JACK server and no sound device. Press listen here, or start one: jackd -R -d alsa -r 48000 -p 128";

const $ = (id) => document.getElementById(id);
const osc = new PartOsc(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`, partOf(location.search));
const state = { model: null, clouds: [], presets: [], cursor: null, voices: [], lastNote: 60, labels: [], mode: MODES[0], output: 1 };

// -- words: what goes wrong, and what to do ---------------------------------------------------------------------------

let standing = ""; // what is said while nothing else is
let timer;

function say(text, bad = true) {
  $("words").textContent = text;
  $("words").className = bad ? "bad" : "";
  clearTimeout(timer);
  timer = setTimeout(() => stand(standing), WORDS_MS);
}

function stand(text) {
  standing = text;
  $("words").textContent = text;
  $("words").className = "";
}

const menu = new Menu(osc, say);

// -- notes -------------------------------------------------------------------------------------------------------------

/** channel: of a MIDI keyboard, whose wheel and pedal are its own; 0 = none. */
function play(note, velocity, channel = 0) {
  if (velocity) state.lastNote = note;
  if (channel) keys.hear(note, velocity, channel);
  else if (velocity) keys.strike(note);
  osc.send(channel ? `/note/${channel}` : "/note", note, velocity);
}

const keys = new Keys($("keys"), play);
$("lower").onclick = () => keys.shift(-1);
$("higher").onclick = () => keys.shift(1);
$("latch").onclick = () => {
  keys.setLatch(!keys.latch);
  $("latch").setAttribute("aria-pressed", String(keys.latch));
};
onPress(
  $("mode"),
  () => choose(MODES[(MODES.indexOf(state.mode) + 1) % MODES.length]),
  () => menu.open(`keys: ${state.mode}`, osc.full(`/mode ${state.mode}`)),
);
function choose(mode) {
  showMode(mode); // others are told
  osc.send("/mode", mode);
}
osc.on("/mode", showMode);
function showMode(mode) {
  state.mode = mode;
  keys.isPoly = mode === "poly";
  $("mode").textContent = `keys: ${mode}`;
}
function panic() {
  osc.sendAll("/panic");
  silenced();
}
$("panic").addEventListener("pointerdown", (event) => event.button === 0 && panic());
$("panic").onclick = panic; // of a key
onMenu($("panic"), () => menu.open("PANIC", "/panic"));
function silenced() {
  keys.forget();
  touched = null;
}

const listener = new Listener(osc, (isOn) => {
  $("listen").setAttribute("aria-pressed", String(isOn));
  $("scope").hidden = !isOn;
  if (isOn) scope.start();
});
const scope = new Scope($("scope"), listener);
$("listen").onclick = () => listener.toggle();

// -- maps --------------------------------------------------------------------------------------------------------------

let touched = null; // the note that a touch of the map sounds

const act = {
  /** Whether there are two dimensions from that one on. */
  fits: (first) => state.model && first + 1 < state.model.dims,
  press(first, share) {
    if (!state.model) return;
    act.move(first, share);
    act.sound();
  },
  move(first, [x, y]) {
    if (!act.fits(first)) return;
    osc.send(`/pad/${first / 2 + 1}`, x, y);
    cursor(act.target(first, [x, y], state.cursor));
  },
  /** From where the cursor was in the two dimensions: the first press of a double click has moved it already. */
  glide(first, share, from) {
    if (!state.model) return;
    if (act.fits(first)) {
      const start = state.cursor.map((value, d) => (d === first || d === first + 1 ? from[d] : value));
      osc.send("/z", ...start);
      osc.send("/glide", GLIDE_S, ...act.target(first, share, start));
      cursor(start);
    }
    act.sound();
  },
  sound() {
    if (!keys.isHeld && touched === null) play((touched = state.lastNote), 100);
  },
  /** A latent point with two dimensions at that share of their ranges. */
  target(first, shares, from) {
    const { low, high } = state.model;
    const z = [...(from ?? low)];
    shares.forEach((share, k) => {
      const d = first + k;
      if (d < z.length) z[d] = low[d] + share * (high[d] - low[d]);
    });
    return z;
  },
  release() {
    if (touched !== null) play(touched, 0);
    touched = null;
  },
};
const maps = [new Map2($("map"), 0, state, act), new Map2($("second"), 2, state, act)];
for (const map of maps) onMenu(map.element, () => offer(map));
onMenu($("keys"), () => {}); // a finger that stays down holds its note

function offer({ first, labels }) {
  if (!act.fits(first)) return;
  const { low, high } = state.model;
  const shares = [first, first + 1].map((d) => clamp((state.cursor[d] - low[d]) / (high[d] - low[d]), 0, 1).toPrecision(3));
  const names = labels.map((label, k) => `MIDI learn: ${label || (k ? "up" : "across")}`);
  const targets = names.map((name, k) => [name, osc.full(`/unit/${first + 1 + k}`)]);
  menu.open(`dimensions ${first + 1} and ${first + 2}`, osc.full(`/pad/${first / 2 + 1} ${shares.join(" ")}`), targets);
}
const repaint = () => maps.forEach((map) => map.repaint());

function cursor(z) {
  state.cursor = z;
  repaint();
}

/** Training notes by instrument: a velocity behind the name does not count. */
function clouds(dims, values) {
  const byName = new Map();
  for (let k = 0; k + 2 + dims <= values.length; k += 2 + dims) {
    const name = String(values[k]).replace(/\s+\d{1,3}$/, "");
    byName.set(name, [...(byName.get(name) ?? []), values.slice(k + 2, k + 2 + dims)]);
  }
  return [...byName].map(([name, points]) => ({
    name,
    points,
    centre: points[0].map((_, d) => points.map((z) => z[d]).sort((a, b) => a - b)[points.length >> 1]),
  }));
}

const blend = new Blend(osc);

// -- presets, macros, faders -------------------------------------------------------------------------------------------

const presets = new Presets(osc, menu);

function fader(parent, name, address, settings) {
  const one = new Fader($(parent), {
    name,
    ...settings,
    moved: (value) => osc.send(address, value),
    held: () => menu.open(name, `${osc.full(address)} ${one.value.toPrecision(4)}`, [["MIDI learn", osc.full(address)]]),
  });
  osc.on(address, (value) => one.set(value));
  return one;
}

const seconds = (value) => `${value < 1 ? (1000 * value).toFixed(0) + " ms" : value.toFixed(1) + " s"}`;
fader("strip", "gain", "/gain", { low: -60, high: 6, start: -12, curve: 0.5, text: (v) => `${v.toFixed(1)} dB` });
fader("strip", "attack", "/attack", { low: 0, high: 10, curve: 3, text: seconds });
fader("strip", "release", "/release", { low: 0.005, high: 10, start: 0.15, curve: 3, text: seconds });
fader("strip", "stretch", "/stretch", { low: 0.25, high: 4, start: 1, curve: 2, text: (v) => `${v.toFixed(2)} x` });
fader("strip", "portamento", "/portamento", { low: 0, high: 10, curve: 3, text: seconds });
const bend = fader("strip", "bend", "/bend", { low: -12, high: 12, start: 0, text: (v) => `${v.toFixed(1)} st` });

// the wheels of keyboards, each of its channel: the last that moved is shown on the fader, and sounds besides it
for (let n = 1; n <= CHANNELS; n++) osc.on(`/bend/${n}`, (semitones) => bend.add(semitones));

const macros = [];
osc.on("/macros.reply", (...names) => {
  if (names.join() === macros.map((one) => one.name).join()) return;
  $("macros").replaceChildren();
  macros.length = 0;
  names.forEach((name, k) => macros.push({ name, fader: fader("macros", name, `/macro/${k + 1}`, {}) }));
});

// -- what the daemon tells ---------------------------------------------------------------------------------------------

function greet() {
  $("connection").textContent = "connected";
  $("connection").className = "on";
  for (const address of ["/models", "/macros", "/points", "/status", "/parts"]) osc.send(address);
  presets.ask();
  osc.send("/notify", 1);
}
osc.on("open", greet);

let adrift = []; // what sounded when the connection broke: of each its address and its note
osc.on("open", () => {
  for (const [address, note] of adrift) osc.sendAll(address, note, 0);
  adrift = [];
});

// -- parts -------------------------------------------------------------------------------------------------------------

const playing = new Map(); // each part that plays: its model, and the first of its two outputs

osc.on("model of a part", () => osc.send("/parts"));
osc.on("/parts.reply", (...values) => {
  playing.clear();
  for (let k = 0; k + 2 < values.length; k += 3) playing.set(values[k], { model: values[k + 1], output: values[k + 2] });
  state.output = playing.get(osc.part)?.output ?? 1;
  const numbers = [...new Set([...playing.keys(), osc.part])].sort((a, b) => a - b);
  $("part").replaceChildren(...numbers.map((n) => new Option(`${n}: ${playing.get(n)?.model ?? "nothing yet"}`, n)));
  $("part").value = osc.part;
  $("part").hidden = numbers.length < 2;
});
osc.on("/out", (first) => (state.output = first));
$("part").onchange = () => turnTo(Number($("part").value));

/** Plays and shows another part. What is held here ends. */
function turnTo(part) {
  keys.letAll();
  act.release();
  blend.leave();
  osc.part = part;
  const search = new URLSearchParams(location.search);
  if (part === 1) search.delete("part");
  else search.set("part", part);
  history.replaceState(null, "", `${location.pathname}${search.size ? `?${search}` : ""}`);
  keys.darken();
  macros.length = 0;
  $("macros").replaceChildren();
  bend.add(0);
  Object.assign(state, { model: null, cursor: null, clouds: [], presets: [], voices: [], labels: [] });
  $("model").value = "";
  presets.list("", []);
  maps.forEach((map) => map.describe());
  repaint();
  osc.send("/notify", 0); // whoever is new is told how things stand
  greet();
}

osc.on("close", () => {
  if ($("connection").className === "on") {
    const notes = [...keys.sounding, ...(touched === null ? [] : [[touched, 0]])];
    adrift.push(...notes.map(([note, channel]) => [osc.full(channel ? `/note/${channel}` : "/note"), note]));
  }
  $("connection").textContent = "no daemon: run oscvae serve";
  $("connection").className = "off";
  silenced();
  keys.darken();
  state.voices = [];
  repaint();
});
osc.on("/models.reply", (...names) => {
  $("model").replaceChildren(...names.map((name) => new Option(name, name)));
  $("model").value = state.model?.name ?? "";
});
$("model").onchange = () => {
  osc.send("/load", $("model").value);
};
osc.on("/loading", (name) => {
  if (name) say(`loading ${name}`, false);
  else if (state.model) $("model").value = state.model.name;
});
osc.on("/model", (name, dims, rate, lowest, highest, ...ranges) => {
  const low = [], high = [];
  for (let k = 0; k < dims; k++) low.push(ranges[2 * k]), high.push(ranges[2 * k + 1]);
  if (state.model?.name !== name) state.presets = []; // of others
  state.model = { name, dims, lowest, highest, low, high };
  if (!state.cursor || state.cursor.length !== dims) state.cursor = low.map((l, k) => (l + high[k]) / 2);
  $("model").value = name;
  document.title = `${name} - oscvae`;
  osc.send("/points");
  presets.ask();
  repaint();
});
osc.on("/labels", (...names) => {
  state.labels = names;
  maps.forEach((map) => map.describe());
  repaint();
});
osc.on("/points.reply", (name, dims, ...values) => {
  state.clouds = clouds(dims, values);
  repaint();
});
osc.on("/places.reply", (model, dims, ...values) => {
  state.presets = [];
  for (let k = 0; k + 1 + dims <= values.length; k += 1 + dims) {
    state.presets.push({ name: values[k], z: values.slice(k + 1, k + 1 + dims) });
  }
  repaint();
});
osc.on("/done", (command, ...result) => {
  if (command === "/load") say(`${result[0]} plays`, false);
  if (command === "/midi/learn" && result.length) say(`${result[0]} is moved by controller ${result[1]}`, false);
});
let again;
osc.on("/fail", (command, why) => {
  if (command === "/load" && why !== "superseded") $("model").value = state.model?.name ?? "";
  if (command === "packet" && why.includes("still starting")) {
    clearTimeout(again);
    again = setTimeout(greet, STARTING_MS);
    $("connection").textContent = "starting";
  } else say(`${command}: ${why}`);
});
osc.on("/warn", (command, why) => say(`${command}: ${why}`));
osc.on("/xrun", (count) => standing || say(`the audio server missed its time (${count} since the start)`)); // where it is heard
osc.on("/z", (...z) => cursor(z));
function scaled(first, ...shares) {
  if (!state.model || !state.cursor) return;
  cursor(act.target(first, shares, state.cursor));
}
for (let n = 1; n <= 64; n++) {
  osc.on(`/unit/${n}`, (share) => scaled(n - 1, share));
  osc.on(`/pad/${n}`, (x, y) => scaled(2 * (n - 1), x, y));
  osc.on(`/z/${n}`, (value) => {
    if (state.cursor && n <= state.cursor.length) cursor(state.cursor.map((old, k) => (k === n - 1 ? value : old)));
  });
}
osc.on("/voice/on", (id, note) => keys.light(id, note, true));
osc.on("/voice/off", (id, note) => {
  keys.light(id, note, false);
  state.voices = state.voices.filter((voice) => voice.id !== id);
  repaint();
});
osc.on("/voices.reply", (dims, ...values) => {
  state.voices = [];
  for (let k = 0; k + 2 + dims <= values.length; k += 2 + dims) {
    state.voices.push({ id: values[k], note: values[k + 1], z: values.slice(k + 2, k + 2 + dims) });
  }
  repaint();
});
osc.on("/level", (...levels) => {
  const [left, right] = levels.slice(state.output - 1);
  [...$("meter").children].forEach((bar, k) => {
    bar.style.transform = `scaleX(${clamp(1 + (k ? right : left) / 60, 0, 1)})`;
  });
});
osc.on("/status.reply", (voices, average, peak, underruns, late, xruns, busy, rate, modelRate, block, backend) => {
  $("facts").textContent = `${voices} voices   ${average.toFixed(0)} % CPU   ${xruns} xruns   ${backend}`;
  $("listen").classList.toggle("offered", !listener.wanted && backend === "silent");
  if ((backend === "silent" && !listener.wanted) || backend.endsWith("(away)")) {
    if (standing === "") stand(backend === "silent" ? SILENT : `${backend}: it plays again when the server is back`);
  } else if (standing !== "") stand("");
});
osc.on("other", () => {});

setInterval(() => osc.send("/status"), STATUS_MS);
setInterval(() => keys.lit.size > 0 && osc.send("/voices"), VOICES_MS);

// -- MIDI --------------------------------------------------------------------------------------------------------------

navigator.requestMIDIAccess?.().then((midi) => {
  const hear = ({ data: [status, first, second] }) => {
    const n = (status & 15) + 1;
    if (status >> 4 === 9) play(first, second, n);
    else if (status >> 4 === 8) play(first, 0, n);
    else if (status >> 4 === 14) {
      const semitones = (WHEEL_SEMITONES * (((second << 7) | first) - 8192)) / 8192;
      osc.send(`/bend/${n}`, semitones);
      bend.add(semitones); // others are told
    } else if (status >> 4 === 11 && first === 64) osc.send(`/sustain/${n}`, second >= 64 ? 1 : 0);
    else if (status >> 4 === 11 && (first === 126 || first === 127)) choose(first === 126 ? "mono" : "poly");
  };
  const open = () => midi.inputs.forEach((input) => (input.onmidimessage = hear));
  midi.onstatechange = ({ port }) => {
    if (port.state === "disconnected") keys.letMidi(); // with it goes what would let them go
    open();
  };
  open();
}, () => {});
