// The page: what a player sees and touches. Everything it does goes through the vocabulary that docs/osc.md describes.

import { Blend } from "./blend.js";
import { clamp } from "./draw.js";
import { arm, onMenu, onPress } from "./hold.js";
import { Keys, nameOf } from "./keys.js";
import { Link } from "./link.js";
import { Listener } from "./listen.js";
import { Menu, line } from "./menu.js";
import { hearMidi, Moved } from "./midi.js";
import { PartOsc, partOf } from "./part.js";
import { Presets } from "./presets.js";
import { Scope } from "./scope.js";
import { Sound } from "./sound.js";
import { Space } from "./space.js";
import { Words } from "./words.js";

const VOICES_MS = 50; // how often voices that sound are asked for their place
const MODES = ["poly", "mono", "legato"];
const METER_DB = 60;

const $ = (id) => document.getElementById(id);
const osc = new PartOsc(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`, partOf(location.search));
const words = new Words($("words"));
const menu = new Menu(osc, (text, bad) => words.say(text, bad));
const player = { play, keys: new Keys($("keys"), play), lastNote: 60 };
const { keys } = player;
const space = new Space(osc, player, menu);
const sound = new Sound(osc, menu);
const presets = new Presets(osc, menu);
const blend = new Blend(osc, menu);
const moved = new Moved(osc);
const listener = new Listener(osc, (isOn) => $("listen").setAttribute("aria-pressed", String(isOn)));
const link = new Link(osc, words, listener, greet);
const scope = new Scope($("scope"), osc);

let mode = MODES[0];
let output = 1; // the first of the part's two

// -- notes -------------------------------------------------------------------------------------------------------------

/** channel: of a MIDI keyboard, whose wheel and pedal are its own; 0 = none. */
function play(note, velocity, channel = 0) {
  if (velocity) player.lastNote = note;
  if (channel) keys.hear(note, velocity, channel);
  else if (velocity) keys.strike(note);
  osc.send(channel ? `/note/${channel}` : "/note", note, velocity);
}

$("lower").onclick = () => keys.shift(-1);
$("higher").onclick = () => keys.shift(1);
onPress(
  $("latch"),
  () => {
    keys.setLatch(!keys.latch);
    $("latch").setAttribute("aria-pressed", String(keys.latch));
  },
  () => menu.open("the pedal, which is the latch of OSC and MIDI", osc.full("/sustain 1"), [["MIDI learn", osc.full("/sustain")]]),
);
onMenu($("keys"), (event) => {
  const note = keys.under(event);
  if (note !== null) menu.open(nameOf(note), osc.full(line("/note", note, 100)), []);
});
onPress(
  $("mode"),
  () => choose(MODES[(MODES.indexOf(mode) + 1) % MODES.length]),
  () => menu.open(`keys: ${mode}`, osc.full(`/mode ${mode}`)),
);
function choose(name) {
  showMode(name); // others are told
  osc.send("/mode", name);
}
osc.on("/mode", showMode);
function showMode(name) {
  mode = name;
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
  space.touched = null;
}
osc.on("/voice/on", (id, note) => keys.light(id, note, true));
osc.on("/voice/off", (id, note) => keys.light(id, note, false));
setInterval(() => keys.lit.size > 0 && osc.send("/voices"), VOICES_MS);

hearMidi({
  note: play,
  bend(semitones, channel) {
    moved.send(`/bend/${channel}`, semitones);
    sound.bend.add(semitones); // others are told
  },
  sustain: (on, channel) => moved.send(`/sustain/${channel}`, Number(on)),
  mode: choose,
  gone() {
    keys.letMidi();
    moved.putBack();
    sound.bend.add(0);
  },
});

// -- menus of the rest -------------------------------------------------------------------------------------------------

onPress($("listen"), () => listener.toggle(), () => menu.open("listen here, over a WebSocket", "/monitor 1", []));
onMenu($("scope"), () => menu.open("pictures, over a WebSocket", "/scope 1", []));
onMenu($("model"), () => menu.open("model", osc.full(line("/load", $("model").value))));
onMenu($("part"), () => menu.open("parts", "/parts", []));
onMenu($("facts"), () => menu.open("how the daemon is", "/status", []));
onMenu($("meter"), () => menu.open("levels, for a minute", "/notify 1", []));

$("learn").onclick = () => learn($("learn").getAttribute("aria-pressed") === "false");
function learn(on) {
  $("learn").setAttribute("aria-pressed", String(on));
  arm(on ? learnt : null, $("panic"));
  if (on) words.say("Press what a MIDI controller shall move, or whose OSC line you want.", false);
}
function learnt(found, target) {
  $("learn").setAttribute("aria-pressed", "false");
  words.hush();
  if (!found && target !== $("learn")) words.say("Nothing to learn there: it is the page's own.", false);
}

$("more").onclick = () => {
  const isOpen = document.body.classList.toggle("more");
  $("more").setAttribute("aria-expanded", String(isOpen));
  $("more").textContent = isOpen ? "less" : "more";
};

// -- what the daemon tells ---------------------------------------------------------------------------------------------

function greet() {
  for (const address of ["/models", "/macros", "/points", "/status", "/parts"]) osc.send(address);
  presets.ask();
  osc.send("/notify", 1);
  listener.begin();
  scope.begin();
}

let adrift = []; // what sounded when the connection broke: of each its address and its note
osc.on("open", () => {
  for (const [address, note] of adrift) osc.sendAll(address, note, 0);
  adrift = [];
});
osc.on("close", (wasOpen) => {
  const notes = wasOpen ? [...keys.sounding, ...(space.touched === null ? [] : [[space.touched, 0]])] : [];
  adrift.push(...notes.map(([note, channel]) => [osc.full(channel ? `/note/${channel}` : "/note"), note]));
  silenced();
  keys.darken();
});
osc.on("/models.reply", (...names) => {
  $("model").replaceChildren(...names.map((name) => new Option(name, name)));
  $("model").value = space.model?.name ?? "";
});
$("model").onchange = () => osc.send("/load", $("model").value);
osc.on("/loading", (name) => {
  if (name) words.say(`loading ${name}`, false);
  else if (space.model) $("model").value = space.model.name;
});
osc.on("/model", (name, dims, _rate, _lowest, _highest, ...ranges) => {
  const ends = (which) => Array.from({ length: dims }, (_, k) => ranges[2 * k + which]);
  space.enter({ name, dims, low: ends(0), high: ends(1) });
  $("model").value = name;
  document.title = `${name} - oscvae`;
  osc.send("/points");
  presets.ask();
});
osc.on("/done", (command, ...result) => {
  if (command === "/load") words.say(`${result[0]} plays`, false);
  if (command === "/midi/learn" && result.length) words.say(`${result[0]} is moved by controller ${result[1]}`, false);
});
osc.on("/fail", (command, why) => {
  if (command === "/load" && why !== "superseded") $("model").value = space.model?.name ?? "";
  if (command === "packet" && why.includes("still starting")) link.starts();
  else words.say(`${command}: ${why}`);
});
osc.on("/warn", (command, why) => words.say(`${command}: ${why}`));
osc.on("/xrun", (count) => words.standing || words.say(`the audio server missed its time (${count} since the start)`)); // where it is heard
osc.on("/level", (...levels) => {
  const pair = levels.slice(output - 1);
  [...$("meter").children].forEach((bar, k) => (bar.style.transform = `scaleX(${clamp(1 + pair[k] / METER_DB, 0, 1)})`));
});
osc.on("other", () => {});

// -- parts -------------------------------------------------------------------------------------------------------------

const playing = new Map(); // each part that plays: its model, and the first of its two outputs

osc.on("model of a part", () => osc.send("/parts"));
osc.on("/parts.reply", (...values) => {
  playing.clear();
  for (let k = 0; k + 2 < values.length; k += 3) playing.set(values[k], { model: values[k + 1], output: values[k + 2] });
  output = playing.get(osc.part)?.output ?? 1;
  const numbers = [...new Set([...playing.keys(), osc.part])].sort((a, b) => a - b);
  $("part").replaceChildren(...numbers.map((n) => new Option(`${n}: ${playing.get(n)?.model ?? "nothing yet"}`, n)));
  $("part").value = osc.part;
  $("part").hidden = numbers.length < 2;
});
osc.on("/out", (first) => (output = first));
$("part").onchange = () => turnTo(Number($("part").value));

/** Plays and shows another part. What is held here ends. */
function turnTo(part) {
  keys.letAll();
  moved.putBack();
  space.release();
  blend.leave();
  osc.part = part;
  const search = new URLSearchParams(location.search);
  if (part === 1) search.delete("part");
  else search.set("part", part);
  history.replaceState(null, "", `${location.pathname}${search.size ? `?${search}` : ""}`);
  keys.darken();
  sound.leave();
  space.leave();
  $("model").value = "";
  presets.list("", []);
  osc.send("/notify", 0); // whoever is new is told how things stand
  greet();
}
