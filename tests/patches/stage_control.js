// Open Stage Control as its documentation and sources have it, without the interface: values, messages, scripts.
//
// A session file is the argument. Each line of input is one thing that happens, as JSON:
//   ["touch", id, value]      by hand          ["receive", address, ...args]   from the daemon
//   ["value", id]             asks             ["interval"]                    all intervals fire once
// and is answered by one line: { sent: [[address, ...args]], value }.
//
// What it keeps to: what is received sets the widgets of that address without sending; a script runs with the leave to
// send of what has caused it; `bypass` keeps a widget from sending by itself, not its script; a tap button has no
// release, a momentary one no argument.
"use strict";

const fs = require("fs");
const vm = require("vm");
const readline = require("readline");

const session = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const widgets = new Map();
const globals = {};
const intervals = [];
let sent = [];

function add(data) {
  const { id } = data;
  if (widgets.has(id)) throw new Error(`two widgets are called ${id}`);
  const address = data.address === undefined || data.address === "auto" ? `/${id}` : data.address;
  const widget = { data, address, value: first(data), locked: false };
  widgets.set(id, widget);
  for (const child of [...(data.widgets || []), ...(data.tabs || [])]) add(child);
  if (data.onCreate) run(widget, data.onCreate, { value: widget.value }, { send: true });
}

function first(data) {
  if (data.default !== undefined && data.default !== "") return data.default;
  return { xy: [0, 0], button: 0, fader: 0, keyboard: [] }[data.type];
}

function run(widget, code, context, options) {
  if (widget.locked) return; // a script does not start itself
  widget.locked = true;
  const scope = {
    ...context,
    globals,
    locals: {},
    console,
    get: (id) => found(id).value,
    set: (id, value, more = {}) => change(found(id), value, { ...options, ...(more.send === false ? { send: false } : {}) }),
    send: (address, ...args) => {
      if (typeof address !== "string" || address[0] !== "/") throw new Error(`${address} is no address`);
      if (options.send) out(address, args.map((arg) => (arg !== null && typeof arg === "object" ? typed(arg) : Number(arg))));
    },
    setInterval: (callback) => intervals.push(callback),
  };
  vm.runInNewContext(`(function () { ${code}\n})()`, scope);
  widget.locked = false;
}

function found(id) {
  if (!widgets.has(id)) throw new Error(`no widget is called ${id}`);
  return widgets.get(id);
}

function typed({ type, value }) {
  if (type === "s") return String(value);
  if (type === "i") return Math.trunc(value);
  if (type === "f") return { float: value };
  throw new Error(`unknown type ${type}`);
}

function out(address, args) {
  sent.push([address, ...args]);
}

// Numbers of a widget are floats unless its typeTags say otherwise, rounded to its decimals.
function say(widget, value) {
  const { bypass, typeTags = "", decimals = 2 } = widget.data;
  if (bypass) return;
  const args = value === null || value === undefined ? [] : Array.isArray(value) ? value : [value];
  out(widget.address, args.map((arg, k) => {
    if (typeof arg !== "number") return arg;
    const tag = typeTags[Math.min(k, typeTags.length - 1)] || "f";
    return tag === "i" ? Math.trunc(arg) : { float: Number(arg.toFixed(decimals)) };
  }));
}

function change(widget, value, options) {
  const { type, mode = "toggle", onValue, range, on = 1, off = 0 } = widget.data;
  let said = value;
  if (type === "button") {
    if (mode === "momentary") said = null;
    else if (value !== on && value !== off) return;
    widget.value = mode === "tap" || mode === "momentary" ? off : value;
  } else if (type === "fader") {
    said = widget.value = Math.max(range.min, Math.min(range.max, value));
  } else if (type === "xy") {
    if (!Array.isArray(value) || value.length !== 2) return;
    said = widget.value = value.map((part) => Math.max(0, Math.min(1, part)));
  } else if (type === "keyboard") {
    if (options.send) say(widget, value);
    return;
  } else widget.value = value;
  if (options.send) say(widget, said);
  if (onValue) run(widget, onValue, { value: said, id: widget.data.id }, options);
}

function receive(address, args) {
  const value = args.length === 0 ? undefined : args.length === 1 ? args[0] : args;
  for (const widget of widgets.values()) if (widget.address === address) change(widget, value, { send: false });
}

const happen = {
  touch: (id, value) => change(found(id), value, { send: true }),
  receive: (address, ...args) => receive(address, args),
  value: () => {},
  interval: () => intervals.forEach((callback) => callback()),
};

add(session.content);
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [what, ...rest] = JSON.parse(line);
  happen[what](...rest);
  const { value = null } = widgets.get(rest[0]) || {};
  process.stdout.write(`${JSON.stringify({ sent, value })}\n`);
  sent = [];
});
