// Two recordings at once, for oscvae.js: what the sounds folder holds, two of them, a curve, and what a voice begins with.
//
// `tell blend` and
//   a N, b N              the N-th sound, counted from 1: what is not encoded yet is encoded
//   start, stop           a voice along both
//   mix, rate, position, loop and a number
//   curve m1 .. m64       the mix over the position; a mix that is set later goes before it, and `plain` too
// It says, besides what the daemon says: sounds clear, sounds append name; drawn 0 / 1; heard 0 / 1
"use strict";

const ID = 1; // of the voice
const MOST = 64; // points of a curve

class Blend {
  constructor(send, say) {
    Object.assign(this, { send, say, files: [], chosen: {}, curve: null, voices: 0, begins: false });
    this.settings = { mix: 0.5, rate: 1, position: 0, loop: 1 };
  }

  tell(word, ...args) {
    if (word === "a" || word === "b") this.choose(word, args[0]);
    else if (word === "start") this.start();
    else if (word === "stop") this.send("/voice/stop", ID);
    else if (word === "plain") this.set("mix", this.settings.mix);
    else if (word === "curve") this.draw(args);
    else if (Object.keys(this.settings).includes(word)) this.set(word, args[0]);
  }

  choose(side, number) {
    const file = this.files[number - 1];
    if (!file) return;
    this.chosen[side] = file.name;
    if (!(file.seconds > 0)) this.send("/encode", file.name);
  }

  start() {
    const { mix, rate, position, loop } = this.settings;
    const [a, b] = ["a", "b"].map((side) => this.handle(this.chosen[side] ?? ""));
    this.begins = true;
    this.send("/blend", ID, a, b, mix, rate);
    this.send("/voice/set", ID, "position", position);
    this.send("/voice/set", ID, "loop", loop);
    if (this.curve) this.send("/curve", ID, ...this.curve);
  }

  get isHeard() {
    return this.voices > 0 || this.begins;
  }

  // The name without folders and ending.
  handle(file) {
    return file.split("/").pop().replace(/(?<=.)\.[^.]*$/, "");
  }

  set(name, value) {
    this.settings[name] = value;
    if (name === "mix" && this.curve) {
      this.curve = null;
      this.say("drawn", 0);
    }
    if (this.isHeard) this.send("/voice/set", ID, name, value);
  }

  draw(mixes) {
    const points = mixes.slice(0, MOST);
    this.curve = points.flatMap((mix, k) => [k / Math.max(points.length - 1, 1), mix]);
    this.say("drawn", 1);
    if (this.isHeard) this.send("/curve", ID, ...this.curve);
  }

  // -- what the daemon says ---------------------------------------------------------------------------------------------

  hear(address, args) {
    if (address === "/sounds.reply") this.list(args);
    else if (address === "/model" || (address === "/done" && args[0] === "/encode")) this.send("/sounds");
    else if (address === "/voice/on" && args[0] === ID) this.count(1);
    else if (address === "/voice/off" && args[0] === ID) this.count(-1);
    else if (address === "/fail" && args[0] === "/blend") this.begins = false;
  }

  list(values) {
    this.files = [];
    for (let k = 0; k + 1 < values.length; k += 2) this.files.push({ name: values[k], seconds: values[k + 1] });
    this.say("sounds", "clear");
    this.say("sounds", "append", "a sound");
    for (const { name } of this.files) this.say("sounds", "append", name);
    for (const [side, name] of Object.entries(this.chosen)) {
      this.say("sounds", side, "set", 1 + this.files.findIndex((file) => file.name === name));
    }
  }

  count(by) {
    this.begins = false;
    this.voices = Math.max(0, this.voices + by);
    this.say("heard", Number(this.voices > 0));
  }
}

module.exports = { Blend };
