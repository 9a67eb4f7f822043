// The latent space: the cursor, what lies around it and what sounds in it, on two pads of two dimensions each.

import { clamp } from "./draw.js";
import { onMenu } from "./hold.js";
import { Map2 } from "./map.js";

const GLIDE_S = 1.5;
const MOST = 64; // dimensions that are followed one by one
const VELOCITY = 100; // of a touch

const $ = (id) => document.getElementById(id);

export class Space {
  /** player: play(note, velocity), and keys, of which none must be held for a touch of a pad to sound; lastNote. */
  constructor(osc, player, menu) {
    Object.assign(this, { osc, player, menu });
    this.touched = null; // the note that a touch of a pad sounds
    this.empty();
    this.maps = [new Map2($("map"), 0, this, this), new Map2($("second"), 2, this, this)];
    for (const map of this.maps) onMenu(map.element, () => this.offer(map));
    this.hear();
  }

  empty() {
    Object.assign(this, { model: null, cursor: null, clouds: [], presets: [], voices: [], labels: [] });
  }

  repaint() {
    this.maps.forEach((map) => map.repaint());
  }

  describe() {
    this.maps.forEach((map) => map.describe());
    this.repaint();
  }

  /** model: name, dims, and low and high of each dimension. */
  enter(model) {
    if (this.model?.name !== model.name) this.presets = []; // of others
    this.model = model;
    const { low, high, dims } = model;
    if (!this.cursor || this.cursor.length !== dims) this.cursor = low.map((l, k) => (l + high[k]) / 2);
    this.repaint();
  }

  leave() {
    this.empty();
    this.describe();
  }

  place(z) {
    this.cursor = z;
    this.repaint();
  }

  // -- what is touched -------------------------------------------------------------------------------------------------

  /** Whether there are two dimensions from that one on. */
  fits(first) {
    return this.model && first + 1 < this.model.dims;
  }

  press(first, share) {
    if (!this.model) return;
    this.move(first, share);
    this.sound();
  }

  move(first, [x, y]) {
    if (!this.fits(first)) return;
    this.osc.send(`/pad/${first / 2 + 1}`, x, y);
    this.place(this.target(first, [x, y], this.cursor));
  }

  /** From where the cursor was in the two dimensions: the first press of a double click has moved it already. */
  glide(first, share, from) {
    if (!this.model) return;
    if (this.fits(first)) {
      const start = this.cursor.map((value, d) => (d === first || d === first + 1 ? from[d] : value));
      this.osc.send("/z", ...start);
      this.osc.send("/glide", GLIDE_S, ...this.target(first, share, start));
      this.place(start);
    }
    this.sound();
  }

  sound() {
    const { player } = this;
    if (!player.keys.isHeld && this.touched === null) player.play((this.touched = player.lastNote), VELOCITY);
  }

  release() {
    if (this.touched !== null) this.player.play(this.touched, 0);
    this.touched = null;
  }

  /** A latent point with two dimensions at that share of their ranges. */
  target(first, shares, from) {
    const { low, high } = this.model;
    const z = [...(from ?? low)];
    shares.forEach((share, k) => {
      const d = first + k;
      if (d < z.length) z[d] = low[d] + share * (high[d] - low[d]);
    });
    return z;
  }

  offer({ first, labels }) {
    if (!this.fits(first)) return;
    const { low, high } = this.model;
    const share = (d) => clamp((this.cursor[d] - low[d]) / (high[d] - low[d]), 0, 1).toPrecision(3);
    const names = labels.map((label, k) => `MIDI learn: ${label || (k ? "up" : "across")}`);
    const targets = names.map((name, k) => [name, this.osc.full(`/unit/${first + 1 + k}`)]);
    const line = this.osc.full(`/pad/${first / 2 + 1} ${share(first)} ${share(first + 1)}`);
    this.menu.open(`dimensions ${first + 1} and ${first + 2}`, line, targets);
  }

  // -- what the daemon tells -------------------------------------------------------------------------------------------

  hear() {
    const { osc } = this;
    osc.on("/labels", (...names) => {
      this.labels = names;
      this.describe();
    });
    osc.on("/points.reply", (_name, dims, ...values) => {
      this.clouds = clouds(dims, values);
      this.repaint();
    });
    osc.on("/places.reply", (_model, dims, ...values) => {
      this.presets = groups(values, 1 + dims).map(([name, ...z]) => ({ name, z }));
      this.repaint();
    });
    osc.on("/voices.reply", (dims, ...values) => {
      this.voices = groups(values, 2 + dims).map(([id, note, ...z]) => ({ id, note, z }));
      this.repaint();
    });
    osc.on("/voice/off", (id) => {
      this.voices = this.voices.filter((voice) => voice.id !== id);
      this.repaint();
    });
    osc.on("/z", (...z) => this.place(z));
    for (let n = 1; n <= MOST; n++) {
      osc.on(`/unit/${n}`, (share) => this.shares(n - 1, share));
      osc.on(`/pad/${n}`, (x, y) => this.shares(2 * (n - 1), x, y));
      osc.on(`/z/${n}`, (value) => {
        if (this.cursor && n <= this.cursor.length) this.place(this.cursor.map((old, k) => (k === n - 1 ? value : old)));
      });
    }
    osc.on("close", () => {
      this.voices = [];
      this.repaint();
    });
  }

  shares(first, ...shares) {
    if (this.model && this.cursor) this.place(this.target(first, shares, this.cursor));
  }
}

/** The whole groups of so many values. */
function groups(values, size) {
  return Array.from({ length: Math.floor(values.length / size) }, (_, k) => values.slice(size * k, size * (k + 1)));
}

/** Training notes by instrument: a velocity behind the name does not count. */
function clouds(dims, values) {
  const byName = new Map();
  for (const [label, , ...z] of groups(values, 2 + dims)) {
    const name = String(label).replace(/\s+\d{1,3}$/, "");
    byName.set(name, [...(byName.get(name) ?? []), z]);
  }
  return [...byName].map(([name, points]) => ({
    name,
    points,
    centre: points[0].map((_, d) => points.map((z) => z[d]).sort((a, b) => a - b)[points.length >> 1]),
  }));
}
