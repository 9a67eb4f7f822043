// The part that the page plays and shows (docs/live.md, "Several models at once"): an address without a prefix is its own.

import { Osc } from "./osc.js";

export const PARTS = 8;

// what has no part, by the first word of an address, and of what is told
const DAEMONS = new Set(
  "midi models record monitor scope parts status version help ping notify sync dumpOSC clearSched quit".split(" "),
);
const TOLD = new Set(
  "done fail warn level xrun sound scope.reply models.reply parts.reply status.reply version.reply help.reply pong synced".split(" "),
);

/** The part that a page's address names, 1 without. */
export function partOf(search) {
  const number = Number(new URLSearchParams(search).get("part"));
  return Number.isInteger(number) && number >= 1 && number <= PARTS ? number : 1;
}

/** The address of another part's command, which without a prefix is that of the first. */
const named = (address) => (address.startsWith("/part/") ? address : `/part/1${address}`);

/** A connection to one part. Besides what Osc tells, "model of a part", whichever it is. */
export class PartOsc extends Osc {
  constructor(url, part) {
    super(url);
    this.part = part;
  }

  /** An address as the daemon knows it. */
  full(address) {
    const word = address.split("/")[1];
    return this.part === 1 || word === "part" || DAEMONS.has(word) ? address : `/part/${this.part}${address}`;
  }

  /** What is told at an address, seen from the part; null where it concerns another. */
  own(address) {
    const [, word, number, ...rest] = address.split("/");
    if (word === "part") return Number(number) === this.part ? `/${rest.join("/")}` : null;
    const isEvent = !address.startsWith("/"); // open, close
    return this.part === 1 || isEvent || DAEMONS.has(word) || TOLD.has(word) ? address : null;
  }

  send(address, ...args) {
    super.send(this.full(address), ...args);
  }

  /** To all parts. */
  sendAll(address, ...args) {
    super.send(address, ...args);
  }

  tell(address, ...args) {
    if (/^(\/part\/\d+)?\/model$/.test(address)) super.tell("model of a part");
    const own = this.own(address);
    if (own === null) return;
    if (own === "/done" || own === "/fail" || own === "/warn") args[0] = this.own(args[0]) ?? named(args[0]);
    super.tell(own, ...args);
  }
}
