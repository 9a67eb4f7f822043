// A keyboard for fingers, mouse and the computer's keys. Velocity by height: low on a key is loud, as on a piano's lever.

import { canvas, clamp, place } from "./draw.js";

const BLACK = new Set([1, 3, 6, 8, 10]);
const TYPED = "awsedftgyhujkolp"; // from C on, as on a piano
const NAMES = ["C", "C\u266f", "D", "E\u266d", "E", "F", "F\u266f", "G", "A\u266d", "A", "B\u266d", "B"];
const OCTAVE = 7; // white keys
const MOST = 18;
const STRUCK_MS = 2000; // within which the daemon tells the voice of a note that was struck

export const nameOf = (note) => `${NAMES[note % 12]}${Math.floor(note / 12) - 1}`;

export class Keys {
  constructor(element, play) {
    Object.assign(this, { element, play, lowest: 48, lit: new Map(), latch: false });
    Object.assign(this, { held: new Map(), ended: new Set(), latched: new Map() }); // ended: held, but it sounds no more
    Object.assign(this, { midi: new Map(), struck: [], isPoly: true }); // midi: [note, channel] of keys of keyboards here
    this.repaint = canvas(element, (context, width, height) => this.paint(context, width, height));
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      this.touch(event);
    });
    element.addEventListener("pointermove", (event) => this.held.has(event.pointerId) && this.touch(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      element.addEventListener(name, (event) => this.let(event.pointerId));
    }
    addEventListener("keydown", (event) => this.typed(event, true));
    addEventListener("keyup", (event) => this.typed(event, false));
    addEventListener("blur", () => this.letHeld());
  }

  /** Whether a key is held here. Of others' nothing is told but the voices, which ring on when they are let go. */
  get isHeld() {
    return this.sounding.length > 0;
  }

  /** [note, channel] of each key that is held or latched and sounds; channel 0 = none. */
  get sounding() {
    const held = [...this.held].filter(([id, note]) => !this.ended.has(id) && !this.latched.has(note)).map(([, note]) => note);
    return [...[...held, ...this.latched.keys()].map((note) => [note, 0]), ...this.midi.values()];
  }

  shift(octaves) {
    this.lowest = clamp(this.lowest + 12 * octaves, 12, 96);
    this.repaint();
  }

  setLatch(on) {
    this.latch = on;
    if (!on) for (const note of this.latched.keys()) this.play(note, 0);
    if (!on) this.latched.clear();
  }

  letHeld() {
    [...this.held.keys()].forEach((id) => this.let(id));
  }

  letMidi() {
    for (const [note, channel] of [...this.midi.values()]) this.play(note, 0, channel);
  }

  /** Held and latched. */
  letAll() {
    this.letHeld();
    this.letMidi();
    for (const note of this.latched.keys()) this.play(note, 0);
    this.latched.clear();
  }

  /** What was held and latched has been silenced: a finger that stays down plays again on the next key. */
  forget() {
    for (const id of this.held.keys()) this.ended.add(id);
    this.latched.clear();
    this.midi.clear();
  }

  typed(event, down) {
    if (!down) return this.let(event.code); // wherever it is let go
    const k = TYPED.indexOf(event.key?.toLowerCase());
    if (k < 0 || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, select, dialog")) return;
    this.press(event.code, this.lowest + k, 96);
  }

  /** The note that a pointer is on, null = none. */
  under(event) {
    return this.note(...place(event, this.element));
  }

  touch(event) {
    const [, y, , height] = place(event, this.element);
    const note = this.under(event);
    if (note === null || this.held.get(event.pointerId) === note) return;
    this.press(event.pointerId, note, Math.round(clamp(40 + (90 * y) / height, 30, 127)));
  }

  press(id, note, velocity) {
    this.let(id); // its end may have been lost
    this.held.set(id, note);
    if (this.latch && this.latched.delete(note)) {
      this.ended.add(id);
      this.play(note, 0);
      return;
    }
    if (this.latch) this.latched.set(note, null);
    this.play(note, velocity);
  }

  let(id) {
    const note = this.held.get(id);
    if (!this.held.delete(id) || this.ended.delete(id) || this.latched.has(note)) return;
    this.play(note, 0);
  }

  /** The page itself plays a note: the next voice of it that is told is its own. */
  strike(note) {
    this.struck.push({ note, at: performance.now() });
  }

  /** A key of a MIDI keyboard at this page. */
  hear(note, velocity, channel) {
    const id = 128 * channel + note;
    if (velocity) this.midi.set(id, [note, channel]);
    else this.midi.delete(id);
  }

  light(id, note, on) {
    if (on) {
      this.lit.set(id, Math.round(note));
      this.claim(id, Math.round(note));
    } else {
      this.lit.delete(id);
      // mono and legato begin it anew when another key is let go
      if (this.isPoly) this.latched.forEach((voice, key) => voice === id && this.latched.delete(key));
    }
    this.repaint();
  }

  claim(id, note) {
    this.struck = this.struck.filter(({ at }) => performance.now() - at < STRUCK_MS);
    const k = this.struck.findIndex((one) => one.note === note);
    if (k < 0) return;
    this.struck.splice(k, 1);
    if (this.latched.has(note)) this.latched.set(note, id);
  }

  /** Nothing is told to sound any more. */
  darken() {
    this.lit.clear();
    this.repaint();
  }

  layout(width) {
    const least = parseFloat(getComputedStyle(this.element).getPropertyValue("--white")); // CSS pixels of a white key
    const whites = clamp(Math.floor(width / least), OCTAVE, MOST);
    const size = width / whites;
    const keys = [];
    for (let note = this.lowest, white = 0; white < whites; note++) {
      const black = BLACK.has(note % 12);
      keys.push(black ? { note, black, x: white * size - size * 0.3, size: size * 0.6 } : { note, black, x: white++ * size, size });
    }
    return keys;
  }

  note(x, y, width, height) {
    const keys = this.layout(width);
    const on = ({ x: left, size }) => x >= left && x < left + size;
    const black = y < height * 0.6 ? keys.find((key) => key.black && on(key)) : undefined;
    return (black ?? keys.find((key) => !key.black && on(key)))?.note ?? null;
  }

  paint(context, width, height) {
    const lit = new Set(this.lit.values());
    const keys = this.layout(width);
    context.font = "12px system-ui, sans-serif";
    for (const dark of [false, true]) {
      for (const { note, black, x, size } of keys) {
        if (black !== dark) continue;
        context.fillStyle = lit.has(note) ? "#e0814a" : black ? "#20252d" : "#d7dbe1";
        context.fillRect(x + 1, 0, size - 2, black ? height * 0.6 : height);
        if (!black && note % 12 === 0) {
          context.fillStyle = "#4a5360";
          context.fillText(`C${note / 12 - 1}`, x + 6, height - 8);
        }
      }
    }
  }
}
