// Two recordings at once: a voice along both, frame by frame, where the model that plays blends (docs/live.md).
//
// Where the voice is in its recordings the daemon does not tell; it is reckoned from their length and the rate.

import { clamp } from "./draw.js";
import { Curve, HIGH, LOW } from "./curve.js";
import { Fader } from "./faders.js";
import { onMenu } from "./hold.js";
import { line } from "./menu.js";

const SIDES = ["a", "b"];
const TOLD_MS = 40; // between two curves while one is drawn
const WAIT_MS = 1000;
const ID_MOST = 2 ** 30;

const $ = (id) => document.getElementById(id);

/** The handle of a sound file: its name without folders and ending. */
export const handle = (file) => file.split("/").pop().replace(/(?<=.)\.[^.]*$/, "");

export class Blend {
  constructor(osc, menu) {
    this.osc = osc;
    this.menu = menu;
    this.id = 1 + Math.floor(Math.random() * ID_MOST); // of the voice: other pages have others
    this.files = new Map(); // file to seconds, 0 = not encoded
    this.chosen = { a: "", b: "" };
    this.waiting = []; // files to encode, the first of them now
    this.blends = false;
    this.shown = false;
    this.listener = this.id + ID_MOST; // of the voice along the live input
    this.listeners = 0;
    this.voices = 0; // of that id: one that makes room for another still fades
    this.mix = 0.5;
    this.rate = 1;
    this.loop = true;
    this.position = 0;
    this.bend = 0;
    this.make();
    this.hear();
    this.show();
  }

  get names() {
    return SIDES.map((side) => (this.chosen[side] ? handle(this.chosen[side]) : side));
  }

  get isHeard() {
    return this.voices > 0;
  }

  get isReady() {
    return SIDES.every((side) => this.files.get(this.chosen[side]) > 0);
  }

  /** How long the first recording is, in seconds; the second is stretched to it. */
  get seconds() {
    return this.files.get(this.chosen.a) || 0;
  }

  // -- what is touched -------------------------------------------------------------------------------------------------

  make() {
    const slider = (name, settings) => new Fader($("blend-faders"), { name, ...settings });
    this.curve = new Curve($("curve"), this, (points) => this.draw(points));
    this.faders = {
      position: slider("position", {
        text: (v) => (this.seconds ? `${(v * this.seconds).toFixed(1)} s of ${this.seconds.toFixed(1)}` : v.toFixed(2)),
        moved: (value) => this.seek(value),
      }),
      mix: slider("mix", {
        low: LOW,
        high: HIGH,
        start: this.mix,
        text: (v) => (this.curve.points ? "curve" : v.toFixed(2)),
        moved: (value) => this.setMix(value),
      }),
      rate: slider("rate", {
        low: -4,
        high: 4,
        start: 1,
        text: (v) => `${v.toFixed(2)} x`,
        moved: (value) => this.set("rate", value),
      }),
    };
    for (const side of SIDES) {
      const list = $(`sound-${side}`);
      list.onchange = () => this.choose(side, list.value);
      list.addEventListener("focus", () => this.osc.send("/sounds"));
    }
    $("blend-start").onclick = () => (this.voices ? this.osc.send("/voice/stop", this.id) : this.start());
    $("blend-loop").onclick = () => {
      this.set("loop", !this.loop);
      $("blend-loop").setAttribute("aria-pressed", String(this.loop));
    };
    $("blend-listen").onclick = () => {
      this.isAsked = !this.listeners;
      this.osc.send(this.listeners ? "/voice/stop" : "/listen", this.listener);
    };
    $("blend-view").onclick = () => {
      this.shown = !this.shown;
      this.show();
    };
    for (const name of ["focus", "blur"]) $("curve").addEventListener(name, () => this.curve.repaint());
    this.offer();
  }

  /** The OSC line of each; none has what a controller could learn, because the voice is the page's own. */
  offer() {
    const offers = (element, name, words) =>
      onMenu(element, () => this.menu.open(name, line(this.osc.full(words()[0]), ...words().slice(1)), []));
    const set = (name, value) => () => ["/voice/set", this.id, name, value()];
    for (const [name, fader] of Object.entries(this.faders)) offers(fader.element, name, set(name, () => fader.value));
    for (const side of SIDES) offers($(`sound-${side}`), `sound ${side}`, () => ["/encode", this.chosen[side] || "file.wav"]);
    offers($("curve"), "curve", () => ["/curve", this.id, ...(this.curve.points ?? [0, this.mix])]);
    offers($("blend-start"), "blend", () => ["/blend", this.id, ...this.names, this.mix, this.rate]);
    offers($("blend-loop"), "loop", set("loop", () => Number(this.loop)));
    offers($("blend-listen"), "listen", () => ["/listen", this.listener]);
  }

  set(name, value) {
    this[name] = value;
    if (this.voices || this.begins) this.osc.send("/voice/set", this.id, name, Number(value));
  }

  setMix(value) {
    clearTimeout(this.toTell);
    if (this.curve.points) {
      this.curve.clear();
      this.faders.mix.set(value);
    }
    this.set("mix", value);
    this.curve.say();
    this.curve.repaint();
  }

  seek(value) {
    this.set("position", value);
    this.curve.repaint();
  }

  /** points: of a curve that is drawn, null where it is taken back. While a pointer draws some are left out. */
  draw(points) {
    if (!points) this.setMix(this.mix);
    this.faders.mix.set(this.mix);
    if (!points) return;
    clearTimeout(this.toTell);
    const wait = clamp((this.told ?? 0) + TOLD_MS - performance.now(), 0, TOLD_MS);
    this.toTell = setTimeout(() => {
      this.told = performance.now();
      if ((this.voices || this.begins) && this.curve.points) this.osc.send("/curve", this.id, ...this.curve.points);
    }, wait);
  }

  choose(side, file) {
    this.chosen[side] = file;
    this.isNew = true;
    if (file && !this.files.get(file) && !this.waiting.includes(file)) {
      this.waiting.push(file);
      if (this.waiting.length === 1) this.encode();
    } else this.renew();
    this.show();
  }

  /** A voice that sounds goes on along other recordings. */
  renew() {
    if (this.isNew && this.voices && this.isReady) this.start();
  }

  start() {
    this.isNew = false;
    this.begins = true;
    if (!this.loop && this.position === (this.rate < 0 ? 0 : 1)) this.position = 1 - this.position;
    this.osc.send("/blend", this.id, ...this.names, this.mix, this.rate);
    this.osc.send("/voice/set", this.id, "position", this.position);
    this.osc.send("/voice/set", this.id, "loop", Number(this.loop));
    if (this.curve.points) this.osc.send("/curve", this.id, ...this.curve.points);
  }

  // -- encoding --------------------------------------------------------------------------------------------------------

  encode() {
    this.since = performance.now();
    clearInterval(this.ticking);
    this.ticking = setInterval(() => this.progress(), WAIT_MS);
    this.osc.send("/encode", this.waiting[0]);
    this.progress();
  }

  /** The first that waits is encoded, or cannot be. */
  encoded(isGood) {
    const file = this.waiting.shift();
    clearInterval(this.ticking);
    if (!isGood) for (const side of SIDES) if (this.chosen[side] === file) this.chosen[side] = "";
    if (this.waiting.length) this.encode();
    else this.progress();
    this.osc.send("/sounds");
    this.show();
  }

  progress() {
    const [file] = this.waiting;
    const seconds = Math.round((performance.now() - this.since) / 1000);
    $("blend-words").textContent = file ? `encoding ${file}${seconds ? `, ${seconds} s` : ""}` : this.hint;
  }

  get hint() {
    if (!this.files.size) return "Put sound files into the sounds folder: oscvae doctor names it.";
    return this.isReady ? "" : "Choose two recordings.";
  }

  // -- what the daemon tells -------------------------------------------------------------------------------------------

  hear() {
    const { osc } = this;
    osc.on("/blends", (on) => {
      this.shown = Boolean(on) && (this.shown || !this.blends);
      this.blends = Boolean(on);
      if (on) osc.send("/sounds");
      this.show();
    });
    osc.on("/sounds.reply", (...values) => this.list(values));
    osc.on("/done", (command, file) => command === "/encode" && file === this.waiting[0] && this.encoded(true));
    osc.on("/fail", (command) => {
      if (command === "/encode" && this.waiting.length) this.encoded(false);
      if (command === "/blend") this.begins = false;
      if (command === "/listen") this.isAsked = false;
    });
    const heard = (by) => (id) => {
      if (id === this.id) this.count(by);
      if (id === this.listener) this.listen(by);
    };
    osc.on("/voice/on", heard(1));
    osc.on("/voice/off", heard(-1));
    osc.on("/bend", (semitones) => (this.bend = semitones));
    osc.on("close", () => this.end());
  }

  end() {
    this.waiting = [];
    clearInterval(this.ticking);
    this.listen(-this.listeners);
    this.count(-this.voices);
  }

  /** Before the page turns to another part, whose recordings are others. */
  leave() {
    if (this.isHeard || this.begins) this.osc.send("/voice/stop", this.id);
    if (this.listeners || this.isAsked) this.osc.send("/voice/stop", this.listener);
    this.blends = this.shown = false;
    this.chosen = { a: "", b: "" };
    this.end();
    this.list([]);
  }

  /** values: of each sound file its name and its seconds, 0 = not encoded. */
  list(values) {
    this.files = new Map();
    for (let k = 0; k + 1 < values.length; k += 2) this.files.set(values[k], values[k + 1]);
    for (const side of SIDES) {
      const file = this.chosen[side];
      if (!this.files.get(file) && !this.waiting.includes(file)) this.chosen[side] = "";
    }
    const known = [...this.files].filter(([, seconds]) => seconds > 0).map(([file]) => file);
    const others = [...this.files.keys()].filter((file) => !known.includes(file));
    const listed = JSON.stringify([known, others]);
    if (listed !== this.listed) {
      this.listed = listed; // an open list stays open where nothing has changed
      for (const side of SIDES) {
        const group = (label, files) => {
          const made = Object.assign(document.createElement("optgroup"), { label });
          made.append(...files.map((file) => new Option(file, file)));
          return files.length ? [made] : [];
        };
        const first = new Option(`sound ${side}`, "");
        $(`sound-${side}`).replaceChildren(first, ...group("encoded", known), ...group("in the folder", others));
      }
    }
    this.renew();
    this.show();
  }

  count(by) {
    const sounded = this.voices > 0;
    this.begins = false;
    this.voices = Math.max(0, this.voices + by);
    if (this.voices && !sounded) this.run();
    if (!this.voices && !this.loop) this.position = this.rate < 0 ? 1 : 0;
    this.show();
  }

  listen(by) {
    this.isAsked = false;
    this.listeners = Math.max(0, this.listeners + by);
    $("blend-listen").setAttribute("aria-pressed", String(this.listeners > 0));
    this.show();
  }

  /** Moves the position while it sounds. */
  run() {
    let last = performance.now();
    const step = (now) => {
      if (!this.voices) return;
      const moved = this.seconds ? ((now - last) / 1000 / this.seconds) * this.rate * 2 ** (this.bend / 12) : 0;
      last = now;
      const next = this.position + moved;
      this.position = this.loop ? next - Math.floor(next) : clamp(next, 0, 1);
      this.faders.position.set(this.position);
      this.curve.repaint();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  show() {
    const offered = this.blends || this.voices + this.listeners > 0;
    const shown = offered && this.shown;
    $("blend").hidden = !shown;
    $("map").hidden = shown;
    $("blend-view").hidden = !offered;
    $("blend-view").textContent = shown ? "map" : "blend";
    for (const side of SIDES) {
      $(`sound-${side}`).value = this.chosen[side];
      $(`sound-${side}`).setAttribute("aria-busy", String(this.waiting.includes(this.chosen[side])));
    }
    $("blend-start").textContent = this.voices ? "stop" : "start";
    $("blend-start").setAttribute("aria-pressed", String(this.voices > 0));
    $("blend-start").disabled = !this.voices && !this.isReady;
    this.progress();
    this.faders.position.set(this.position);
    this.curve.repaint();
  }
}
