// The client of oscvae, in Node for Max: every message that comes in goes to the daemon as OSC, what the daemon says
// comes out. In Node, because the daemon answers the socket that has asked, and nothing in Max hears at the socket
// that udpsend sends from.
//
//   node.script oscvae.js @autostart 1 @args host port part
//
// Of another part than the first (docs/live.md) what is sent has its prefix, what is heard has lost it, and what is told
// of the others is left out; the first is told of the others with theirs.
//
// It understands `tell` and a message: besides the daemon's own (docs/osc.md), with their slash or without,
//   connect host port     another daemon          disconnect         none
//   part N                another part
//   notify 0 / 1          no events / events      units v1 .. vD     the cursor, each in 0..1
//   home seconds          it glides to the middle wander seconds     to a point by chance
//   blend ..              two recordings at once: blend.js
//   keep a, keep b        the cursor as a point   travel note sec    a note that goes from a to b
// and says, besides what the daemon says
//   lives 0 / 1           whether it answers      cursor N 0..1 z    where dimension N of the cursor is
//   pad N x y, units ..   the same, together      size D             another model's dimensions
//   voices n              that sound             names ..             what the dimensions are called, in one word
"use strict";

const dgram = require("dgram");
const dns = require("dns");
const max = require("max-api");
const { Blend } = require("./blend.js");
const { encode, decode } = require("./osc.js");

const HOST = "127.0.0.1";
const PORT = 9000;
const ALIVE_MS = 5000; // how often it subscribes: a daemon that was restarted is found within this time
const SILENT_MS = 12000; // without an answer for so long, the daemon counts as gone
const NEAR = 0.25; // where A and B are until they are kept: so far from the ends of each dimension
// what has no part: by the first word of an address, and of what is told
const DAEMONS = "midi models record monitor scope parts status version help ping notify sync dumpOSC clearSched quit".split(" ");
const TOLD = "done fail warn level xrun midi models.reply parts.reply status.reply version.reply help.reply pong synced".split(" ");
const STILL = 1e-6; // a slider that moved less has not been touched

const socket = dgram.createSocket("udp4");
let daemon = null; // { address, port }, while connected
let part = 1;
let subscribes = true;
let answered = null; // when it did last
let voices = 0;
let low = [-2, -2, -2, -2]; // of each dimension, until /model says
let high = [2, 2, 2, 2];
let shares = low.map(() => 0.5); // where the cursor is, over that range
let points = {}; // kept

function say(...message) {
  max.outlet(...message);
}

function send(address, ...args) {
  if (daemon === null) return;
  const path = String(address)[0] === "/" ? String(address) : `/${address}`;
  const sent = prefixed(path);
  socket.send(encode(sent, ...args), daemon.port, daemon.address);
  const own = bare(sent);
  if (own) follow(own, args);
}

// -- the part ---------------------------------------------------------------------------------------------------------

function prefixed(path) {
  const word = path.split("/")[1];
  return part === 1 || word === "part" || DAEMONS.includes(word) ? path : `/part/${part}${path}`;
}

// An address without the prefix of the part; none of what is told of another.
function bare(path) {
  if (part === 1) return path;
  const [, word, number, ...rest] = path.split("/");
  if (word !== "part") return TOLD.includes(word) || DAEMONS.includes(word) ? path : null;
  return Number(number) === part ? `/${rest.join("/")}` : null;
}

function choose(number) {
  if (!(number >= 1)) return;
  part = number;
  send("/model");
  send("/get", "/z");
}

// -- the cursor -------------------------------------------------------------------------------------------------------

function latent(n, place) {
  return low[n - 1] + place * (high[n - 1] - low[n - 1]);
}

function share(n, z) {
  return (z - low[n - 1]) / (high[n - 1] - low[n - 1]);
}

// In latent numbers, from place(n), 0..1.
function point(place) {
  return low.map((_, k) => latent(k + 1, place(k + 1)));
}

function clipped(place) {
  return Math.max(0, Math.min(1, place));
}

// Wherever the cursor goes, from here or from elsewhere, and in whichever words.
function follow(address, args) {
  const [, word, number] = /^\/(z|unit|pad)(?:\/(\d+))?$/.exec(address) || [];
  const n = Number(number);
  if (!word || args.some((arg) => typeof arg !== "number")) return;
  let moved;
  if (word === "pad") moved = [[2 * n - 1, args[0]], [2 * n, args[1]]];
  else if (word === "unit") moved = [[n, args[0]]];
  else if (number !== undefined) moved = [[n, share(n, args[0])]];
  else moved = args.map((z, k) => [k + 1, share(k + 1, z)]);
  show(moved.filter(([dimension, place]) => dimension >= 1 && dimension <= low.length && Number.isFinite(place)));
}

function show(moved) {
  for (const [n, place] of moved) {
    shares[n - 1] = place;
    say("cursor", n, place, latent(n, place));
  }
  for (const pad of new Set(moved.map(([n]) => Math.ceil(n / 2)))) {
    if (2 * pad <= shares.length) say("pad", pad, clipped(shares[2 * pad - 2]), clipped(shares[2 * pad - 1]));
  }
  if (moved.length) say("units", ...shares.map(clipped));
}

// -- the daemon -------------------------------------------------------------------------------------------------------

function connect(host, port) {
  disconnect();
  if (!(port > 0 && port < 65536)) {
    max.post(`oscvae: ${port} is no port`);
    return;
  }
  dns.lookup(String(host), { family: 4 }, (error, address) => {
    if (error) {
      max.post(`oscvae: ${host} is not found: ${error.code}`);
      return;
    }
    daemon = { address, port };
    subscribe();
  });
}

function disconnect() {
  send("/notify", 0);
  daemon = null;
  lives(false);
}

function subscribe() {
  if (answered !== null && Date.now() - answered > SILENT_MS) lives(false);
  if (subscribes) send("/notify", 1);
}

function lives(now) {
  if (now && answered === null) {
    say("lives", 1);
    send("/model");
  }
  if (!now && answered !== null) say("lives", 0);
  answered = now ? Date.now() : null;
}

function model([, dims, , , , ...ranges]) {
  low = ranges.filter((_, k) => k % 2 === 0);
  high = ranges.filter((_, k) => k % 2 === 1);
  if (shares.length === dims) return;
  shares = low.map(() => 0.5);
  points = {};
  say("size", dims);
  say("units", ...shares);
}

function count(sounding) {
  voices = Math.max(0, sounding);
  say("voices", voices);
}

socket.on("message", (packet) => {
  const { address: told, args } = decode(packet);
  const address = bare(told);
  if (address === null) return;
  if (address === "/done" || address === "/fail") args[0] = bare(args[0]) ?? args[0];
  if (address === "/done" && args[0] === "/notify") {
    if (args[1] === 1) lives(true);
    return; // nobody but this script has asked
  }
  if (address === "/model") model(args);
  if (address === "/labels") say("names", low.map((_, k) => `${k + 1} ${args[k] ?? ""}`.trim()).join(", "));
  say(address, ...args);
  if (address === "/voice/on") count(voices + 1);
  else if (address === "/voice/off") count(voices - 1);
  else if (address === "/status.reply") count(args[0]);
  blend.hear(address, args);
  follow(address, args);
});
socket.on("error", (error) => max.post(`oscvae: ${error.message}`));

// -- Max --------------------------------------------------------------------------------------------------------------

function notify(on, ...port) {
  subscribes = Boolean(on);
  send("/notify", on, ...port);
}

const blend = new Blend(send, say);

const words = {
  part: choose,
  blend: (...told) => blend.tell(...told),
  connect,
  disconnect,
  notify,
  "/notify": notify,
  units(...places) {
    places.slice(0, shares.length).forEach((place, k) => {
      if (Math.abs(place - shares[k]) > STILL) send(`/unit/${k + 1}`, place);
    });
  },
  home: (seconds) => send("/glide", seconds, ...point(() => 0.5)),
  wander: (seconds) => send("/glide", seconds, ...point(() => Math.random())),
  keep(name) {
    points[name] = point((n) => shares[n - 1]);
  },
  travel(note, seconds) {
    const { a = point(() => NEAR), b = point(() => 1 - NEAR) } = points;
    send("/interp", note, seconds, ...a, ...b);
  },
};

// Everything comes behind one word, because an object of Max may have a meaning of its own for others: notify, stop.
max.addHandler("tell", (word, ...args) => {
  if (typeof word !== "string") return;
  if (Object.keys(words).includes(word)) words[word](...args);
  else send(word, ...args);
});

// A patch that is not given one of its arguments says 0 or #1 instead.
function given(argument, otherwise) {
  return argument && !/^(0|#\d)$/.test(argument) ? argument : otherwise;
}

part = Number(given(process.argv[4], 1));
socket.bind(0, () => {
  setInterval(subscribe, ALIVE_MS);
  connect(given(process.argv[2], HOST), Number(given(process.argv[3], PORT)));
});
