// Faders: how it sounds, and the macros.

import { Fader } from "./faders.js";

const CHANNELS = 16;

const $ = (id) => document.getElementById(id);
const seconds = (value) => `${value < 1 ? (1000 * value).toFixed(0) + " ms" : value.toFixed(1) + " s"}`;
const STRIP = {
  gain: { low: -60, high: 6, start: -12, curve: 0.5, text: (v) => `${v.toFixed(1)} dB` },
  attack: { low: 0, high: 10, curve: 3, text: seconds },
  release: { low: 0.005, high: 10, start: 0.15, curve: 3, text: seconds },
  stretch: { low: 0.25, high: 4, start: 1, curve: 2, text: (v) => `${v.toFixed(2)} x` },
  portamento: { low: 0, high: 10, curve: 3, text: seconds },
  bend: { low: -12, high: 12, start: 0, text: (v) => `${v.toFixed(1)} st` },
};

export class Sound {
  constructor(osc, menu) {
    Object.assign(this, { osc, menu, macros: [] }); // macros: their names
    const made = Object.entries(STRIP).map(([name, settings]) => [name, this.fader($("strip"), name, `/${name}`, settings)]);
    this.bend = Object.fromEntries(made).bend;
    // the wheels of keyboards, each of its channel: the last that moved is shown on the fader, and sounds besides it
    for (let n = 1; n <= CHANNELS; n++) osc.on(`/bend/${n}`, (semitones) => this.bend.add(semitones));
    osc.on("/macros.reply", (...names) => this.list(names));
  }

  fader(parent, name, address, settings) {
    const { osc, menu } = this;
    const one = new Fader(parent, {
      name,
      ...settings,
      moved: (value) => osc.send(address, value),
      held: () => menu.open(name, `${osc.full(address)} ${one.value.toPrecision(4)}`, [["MIDI learn", osc.full(address)]]),
    });
    osc.on(address, (value) => one.set(value));
    return one;
  }

  list(names) {
    if (names.join() === this.macros.join()) return;
    this.macros = names;
    $("macros").replaceChildren();
    names.forEach((name, k) => this.fader($("macros"), name, `/macro/${k + 1}`, {}));
  }

  /** Before the page turns to another part. */
  leave() {
    this.list([]);
    this.bend.add(0);
  }
}
