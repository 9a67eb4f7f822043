// A pad over two dimensions of the latent space: training notes by instrument, presets, the cursor, sounding voices.

import { canvas, clamp, hue, place } from "./draw.js";

const MARGIN = 0.06; // of the pad, beyond the suggested range
const TRAIL = 24;
const TAP_MS = 300; // between two presses that are one double click
const PIN = "#e8eaee"; // of a preset of one's own
const PIN_PX = 14; // how far below its point its name is
const TAP_PX = 24; // and between their places, and as far as a finger may shake

export class Map2 {
  /** first: the dimension along x, from 0. state: model, points, presets, cursor, voices. act: what a press does. */
  constructor(element, first, state, act) {
    Object.assign(this, { element, first, state, act, trail: [], tapped: null, pointers: new Map() });
    this.repaint = canvas(element, (context, width, height) => this.paint(context, width, height));
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      element.addEventListener(name, (event) => this.up(event));
    }
  }

  /** Share 0..1 of the suggested range, of a place on the pad. */
  share(x, y, width, height) {
    const inside = (value) => clamp((value - MARGIN) / (1 - 2 * MARGIN), 0, 1);
    return [inside(x / width), inside(1 - y / height)];
  }

  /** Where a latent point lies on the pad. */
  at(z, width, height) {
    const { low, high } = this.state.model;
    const [a, b] = [this.first, this.first + 1].map((k) => (z[k] - low[k]) / (high[k] - low[k]));
    const out = (value) => MARGIN + value * (1 - 2 * MARGIN);
    return [out(a) * width, (1 - out(b)) * height];
  }

  get fits() {
    return this.state.model && this.first + 1 < this.state.model.dims;
  }

  down(event) {
    if (!this.fits || event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    const others = this.pointers.size;
    if (others === 0) this.moved = null;
    const first = this.first + (others > 0 || event.shiftKey ? 2 : 0);
    this.pointers.set(event.pointerId, first);
    const share = this.share(...place(event, this.element));
    const { tapped } = this;
    const isSecond = others === 0 && tapped?.first === first && event.timeStamp - tapped.at < TAP_MS && this.isNear(event);
    const from = this.state.cursor && [...this.state.cursor];
    this.tapped = others > 0 ? null : { first, from, at: event.timeStamp, place: [event.clientX, event.clientY] };
    this.gliding = isSecond ? event.pointerId : null;
    if (isSecond) this.act.glide(first, share, tapped.from);
    else this.act.press(first, share);
    if (isSecond) this.tapped.at = -Infinity; // a third press is the first of others
  }

  /** Whether a pointer is where the last press was. */
  isNear(event) {
    const [x, y] = this.tapped.place;
    return Math.hypot(event.clientX - x, event.clientY - y) < TAP_PX;
  }

  move(event) {
    if (!this.pointers.has(event.pointerId)) return;
    const isStill = this.tapped && this.isNear(event);
    if (this.gliding === event.pointerId && isStill) return;
    if (!isStill) this.tapped = this.gliding = null;
    this.moved = [event.clientX, event.clientY];
    this.act.move(this.pointers.get(event.pointerId), this.share(...place(event, this.element)));
  }

  up(event) {
    const { moved, pointers } = this;
    const isElsewhere = moved && (moved[0] !== event.clientX || moved[1] !== event.clientY);
    if (event.type === "pointerup" && isElsewhere && pointers.size === 1) this.move(event); // no move came before
    if (this.pointers.delete(event.pointerId) && this.pointers.size === 0) this.act.release();
  }

  paint(context, width, height) {
    const { model, clouds, presets, cursor, voices } = this.state;
    context.font = "14px system-ui, sans-serif";
    if (!this.fits) {
      context.fillStyle = "#9aa4b2";
      const why = model ? `${model.name} has ${model.dims} dimensions: this pad has none to move` : "no model";
      context.fillText(why, 14, 26);
      return;
    }
    const inset = [MARGIN * width, MARGIN * height];
    context.strokeStyle = "#343c48";
    context.setLineDash([4, 4]);
    context.strokeRect(...inset, width - 2 * inset[0], height - 2 * inset[1]);
    context.setLineDash([]);
    clouds.forEach(({ name, points }, k) => {
      context.fillStyle = hue(k, clouds.length);
      context.globalAlpha = 0.55;
      for (const z of points) {
        const [x, y] = this.at(z, width, height);
        context.fillRect(x - 2, y - 2, 4, 4);
      }
      context.globalAlpha = 1;
    });
    const { pins, names } = this.layout(context, width, height);
    this.names(context, names);
    for (const { z, colour } of pins) this.pin(context, this.at(z, width, height), colour);
    for (const { z } of voices) {
      const [x, y] = this.at(z, width, height);
      context.fillStyle = "#6fb3c8";
      context.beginPath();
      context.arc(x, y, 7, 0, 7);
      context.fill();
    }
    if (cursor) this.glow(context, this.at(cursor, width, height));
    this.axes(context, width, height);
  }

  /** What the two dimensions are called, empty where the model does not say. */
  get labels() {
    return [this.first, this.first + 1].map((k) => this.state.labels[k] ?? "");
  }

  /** Says it to those who do not see it. */
  describe() {
    const [across, up] = this.labels;
    this.said ??= this.element.getAttribute("aria-label");
    this.element.setAttribute("aria-label", across || up ? `${this.said}: ${across} across, ${up} up` : this.said);
  }

  axes(context, width, height) {
    const [across, up] = this.labels;
    context.fillStyle = "#9aa4b2";
    context.textAlign = "right";
    if (across) context.fillText(`${across} \u2192`, width - 12, height - 8);
    context.textAlign = "left";
    if (up) context.fillText(`\u2191 ${up}`, 12, 18);
  }

  /** A drop that stands with its point on a place. */
  pin(context, [x, y], colour) {
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, y - 9, 4, 0.8 * Math.PI, 0.2 * Math.PI);
    context.lineTo(x, y);
    context.closePath();
    context.stroke();
    context.lineWidth = 1;
  }

  /** Pins and names, laid out anew where a preset, a cloud or the size is another. */
  layout(context, width, height) {
    const { model, clouds, presets } = this.state;
    const of = [model, clouds, presets, width, height];
    if (this.laid?.of.every((one, k) => one === of[k])) return this.laid;
    const colours = new Map(clouds.map(({ name }, k) => [name, hue(k, clouds.length)]));
    const pins = presets.map(({ name, z }) => ({ name, z, colour: colours.get(name) ?? PIN, below: PIN_PX }));
    const own = pins.filter(({ name }) => !colours.has(name)), pinned = new Map(pins.map((pin) => [pin.name, pin]));
    const named = clouds.map(({ name, centre }) => pinned.get(name) ?? { name, z: centre, colour: colours.get(name), below: 0 });
    this.laid = { of, pins, names: this.spread(context, [...own, ...named], width, height) };
    return this.laid;
  }

  /** Names of presets at their places and of clouds in their middle, moved down where two would collide; left out where there is no room at all. */
  spread(context, named, width, height) {
    const taken = [];
    for (const { name, z, colour, below } of named) {
      const [x, where] = this.at(z, width, height);
      const half = context.measureText(name).width / 2;
      const left = clamp(x, half + 6, width - half - 6);
      let y = clamp(where + below, 16, height - 8);
      const hits = () => taken.some((t) => Math.abs(t.y - y) < 17 && Math.abs(t.x - left) < t.half + half + 6);
      for (let tries = 0; hits() && tries < 12; tries++) y = y + 17 > height - 8 ? 16 : y + 17;
      if (!hits()) taken.push({ name, colour, x: left, y, half });
    }
    return taken;
  }

  names(context, laid) {
    context.textAlign = "center";
    for (const { name, colour, x, y } of laid) {
      context.lineWidth = 4;
      context.strokeStyle = "#0e1115";
      context.strokeText(name, x, y);
      context.lineWidth = 1;
      context.fillStyle = colour;
      context.fillText(name, x, y);
    }
    context.textAlign = "left";
  }

  glow(context, [x, y]) {
    this.trail.push([x, y]);
    if (this.trail.length > TRAIL) this.trail.shift();
    this.trail.forEach(([a, b], k) => {
      context.fillStyle = `rgb(224 129 74 / ${(0.3 * k) / TRAIL})`;
      context.beginPath();
      context.arc(a, b, 5, 0, 7);
      context.fill();
    });
    context.shadowColor = context.fillStyle = "#e0814a";
    context.shadowBlur = 18;
    context.beginPath();
    context.arc(x, y, 9, 0, 7);
    context.fill();
    context.shadowBlur = 0;
  }
}
