// Horizontal faders with their names and values.

import { clamp, place } from "./draw.js";
import { onHold, shake } from "./hold.js";

export class Fader {
  /**
   * low, high, start: its values; curve: exponent of the way from low to high; text(value): what is shown.
   * With held(), of a long press, it moves by as much as a pointer does, else to where a pointer is.
   */
  constructor(parent, { name, low = 0, high = 1, start = low, curve = 1, text = (v) => v.toFixed(2), moved, held }) {
    Object.assign(this, { low, high, start, curve, text, moved, value: start });
    this.element = document.createElement("div");
    this.element.className = "fader";
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "slider");
    this.element.setAttribute("aria-label", name);
    this.element.setAttribute("aria-valuemin", low);
    this.element.setAttribute("aria-valuemax", high);
    this.bar = this.element.appendChild(document.createElement("b"));
    this.mark = this.element.appendChild(document.createElement("u"));
    this.mark.hidden = true;
    this.added = 0;
    const words = this.element.appendChild(document.createElement("span"));
    words.append(name);
    this.shown = words.appendChild(document.createElement("i"));
    parent.append(this.element);
    this.pointer = null; // the one that moves it
    this.element.addEventListener("pointerdown", (event) => this.down(event, Boolean(held)));
    this.element.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      this.element.addEventListener(end, (event) => this.up(event));
    }
    this.element.addEventListener("dblclick", () => this.set(this.start, true));
    this.element.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (step) this.set(this.valueAt(this.share + step / 50), true);
    });
    const hold = () => {
      this.pointer = null;
      held();
    };
    if (held) onHold(this.element, hold);
    this.set(start);
  }

  get share() {
    return this.shareOf(this.value);
  }

  shareOf(value) {
    return clamp((value - this.low) / (this.high - this.low), 0, 1) ** (1 / this.curve);
  }

  /** What others add to the value, shown beside it; 0 is nothing. It is not sent. */
  add(value) {
    this.added = value;
    this.set(this.value);
  }

  valueAt(share) {
    return this.low + (this.high - this.low) * clamp(share, 0, 1) ** this.curve;
  }

  down(event, isHeld) {
    if (this.pointer !== null || event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.at = event.clientX;
    this.isStill = isHeld; // as long as it may become a long press, or a double click
    this.isRelative = isHeld;
    if (!isHeld) this.jump(event);
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    if (!this.isRelative) return this.jump(event);
    const way = event.clientX - this.at;
    const left = this.isStill ? Math.sign(way) * shake(event) : 0;
    if (this.isStill && Math.abs(way) <= Math.abs(left)) return;
    this.isStill = false;
    this.at = event.clientX;
    const [, , width] = place(event, this.element);
    this.set(this.valueAt(this.share + (way - left) / width), true);
  }

  up(event) {
    if (event.pointerId !== this.pointer) return;
    if (event.type === "pointerup" && event.clientX !== this.at) this.move(event); // no move came before
    this.pointer = null;
  }

  jump(event) {
    const [x, , width] = place(event, this.element);
    this.at = event.clientX;
    this.set(this.valueAt(x / width), true);
  }

  set(value, tell = false) {
    this.value = value;
    this.bar.style.transform = `scaleX(${this.share})`;
    this.mark.hidden = this.added === 0;
    this.mark.style.left = `${100 * this.shareOf(value + this.added)}%`;
    this.shown.textContent = this.added ? `${this.text(value)} ${this.added > 0 ? "+" : ""}${this.added.toFixed(1)}` : this.text(value);
    this.element.setAttribute("aria-valuenow", value);
    if (tell) this.moved(value);
  }
}
