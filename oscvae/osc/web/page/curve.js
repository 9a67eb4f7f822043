// A curve that is drawn: the mix of two recordings over the place in them.

import { canvas, clamp, place } from "./draw.js";

export const LOW = -1, HIGH = 2; // the ends of a mix, which is 0 in the one recording and 1 in the other
const POINTS = 64; // as many as /curve takes
const KEYED = 8; // points that an arrow key moves at once
const STEP = 0.05;
const EDGE = 10; // CSS pixels above and below the ends

export class Curve {
  /** view: names of both recordings, their mix, the position 0..1, and whether it is heard. changed(points): was drawn,
   * as pairs of place and mix; null: there is none any more. */
  constructor(element, view, changed) {
    Object.assign(this, { element, view, changed, values: null, keyed: 0, last: null });
    this.repaint = canvas(element, (context, width, height) => this.paint(context, width, height));
    element.addEventListener("pointerdown", (event) => {
      if (this.last || event.button !== 0) return; // one finger draws
      element.setPointerCapture(event.pointerId);
      this.draw(event);
    });
    element.addEventListener("pointermove", (event) => this.last?.id === event.pointerId && this.draw(event));
    for (const name of ["pointerup", "pointercancel"]) {
      element.addEventListener(name, (event) => {
        if (this.last?.id !== event.pointerId) return;
        if (name === "pointerup") this.draw(event); // where it is lifted no move may have come before
        this.last = null;
      });
    }
    element.addEventListener("dblclick", () => this.clear(true));
    element.addEventListener("keydown", (event) => this.typed(event));
    this.say();
  }

  /** Pairs of place and mix, as /curve takes them; null where none is drawn. */
  get points() {
    return this.values?.flatMap((value, k) => [k / (POINTS - 1), value]) ?? null;
  }

  /** The mix at a place from 0 to 1. */
  at(share) {
    if (!this.values) return this.view.mix;
    const where = clamp(share, 0, 1) * (POINTS - 1), k = Math.min(Math.floor(where), POINTS - 2);
    return this.values[k] + (where - k) * (this.values[k + 1] - this.values[k]);
  }

  clear(tell = false) {
    if (!this.values) return;
    this.values = null;
    this.repaint();
    this.say();
    if (tell) this.changed(null);
  }

  /** From where the pointer was to where it is. */
  draw(event) {
    const [x, y, width, height] = place(event, this.element);
    const mix = HIGH - clamp((y - EDGE) / (height - 2 * EDGE), 0, 1) * (HIGH - LOW);
    const k = Math.round(clamp(x / width, 0, 1) * (POINTS - 1));
    const from = this.last ?? { k, mix };
    for (let j = Math.min(k, from.k); j <= Math.max(k, from.k); j++) {
      this.set(j, k === from.k ? mix : mix + ((from.mix - mix) * (j - k)) / (from.k - k));
    }
    this.last = { id: event.pointerId, k, mix };
    this.keyed = clamp(Math.floor(k / KEYED), 0, POINTS / KEYED - 1);
    this.told();
  }

  set(k, mix) {
    this.values ??= Array(POINTS).fill(this.view.mix);
    this.values[k] = clamp(Math.round(1000 * mix) / 1000, LOW, HIGH);
  }

  typed(event) {
    const along = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const up = { ArrowDown: -STEP, ArrowUp: STEP }[event.key];
    if (along) this.keyed = clamp(this.keyed + along, 0, POINTS / KEYED - 1);
    else if (up) for (let k = 0; k < KEYED; k++) this.set(KEYED * this.keyed + k, this.at((KEYED * this.keyed + k) / (POINTS - 1)) + up);
    else if (event.key === "Delete" || event.key === "Backspace") return this.clear(true);
    else return;
    event.preventDefault();
    if (up) this.told();
    else this.repaint(), this.say();
  }

  told() {
    this.repaint();
    this.say();
    this.changed(this.points);
  }

  /** Says where the arrow keys are, to those who do not see it. */
  say() {
    const first = KEYED * this.keyed, mix = this.values ? this.values[first] : this.view.mix;
    this.element.setAttribute("aria-valuenow", mix.toFixed(2));
    const where = `${Math.round((100 * first) / POINTS)} to ${Math.round((100 * (first + KEYED)) / POINTS)} %`;
    this.element.setAttribute("aria-valuetext", `${where}: mix ${mix.toFixed(2)}${this.values ? "" : ", no curve"}`);
  }

  paint(context, width, height) {
    const { names, position, isHeard } = this.view;
    const y = (mix) => EDGE + ((HIGH - mix) / (HIGH - LOW)) * (height - 2 * EDGE);
    context.font = "14px system-ui, sans-serif";
    context.strokeStyle = "#343c48";
    context.setLineDash([4, 4]);
    for (const mix of [0, 1]) {
      context.beginPath();
      context.moveTo(0, y(mix));
      context.lineTo(width, y(mix));
      context.stroke();
    }
    context.setLineDash([]);
    if (document.activeElement === this.element && this.element.matches(":focus-visible")) {
      context.fillStyle = "#6fb3c822";
      context.fillRect((this.keyed * KEYED * width) / POINTS, 0, (KEYED * width) / POINTS, height);
    }
    context.strokeStyle = this.values ? "#e0814a" : "#37505a";
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.beginPath();
    for (let k = 0; k < POINTS; k++) context.lineTo((k / (POINTS - 1)) * width, y(this.at(k / (POINTS - 1))));
    context.stroke();
    context.lineWidth = 1;
    context.fillStyle = "#9aa4b2";
    context.textAlign = "left";
    names.forEach((name, mix) => context.fillText(name, 8, y(mix) - 6));
    if (!this.values) {
      context.textAlign = "right";
      context.fillText("draw the mix over the recording", width - 8, height - EDGE);
      context.textAlign = "left";
    }
    const x = position * width;
    context.strokeStyle = context.fillStyle = isHeard ? "#6fb3c8" : "#4a5360";
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
    context.beginPath();
    context.arc(x, y(this.at(position)), 7, 0, 7);
    context.fill();
  }
}
