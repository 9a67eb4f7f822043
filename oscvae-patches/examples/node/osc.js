// Open Sound Control 1.0, as much as a client of oscvae needs, with nothing but Node.
// Source: https://opensoundcontrol.stanford.edu/spec-1_0.html
"use strict";

const SECONDS_1900_TO_1970 = 2208988800;

function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function string(text) {
  return padded(Buffer.from(text + "\0", "utf8"));
}

function number(bytes, write, value) {
  const buffer = Buffer.alloc(bytes);
  buffer[write](value);
  return buffer;
}

// A message as bytes. A whole number becomes an int32, another number a float32, a boolean 0 or 1, the rest strings.
function encode(address, ...args) {
  let tags = ",";
  const values = args.map((arg) => {
    const value = typeof arg === "boolean" ? Number(arg) : arg;
    if (typeof value !== "number") {
      tags += "s";
      return string(String(value));
    }
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) {
      tags += "i";
      return number(4, "writeInt32BE", value);
    }
    tags += "f";
    return number(4, "writeFloatBE", value);
  });
  return Buffer.concat([string(address), string(tags), ...values]);
}

// Encoded messages as one bundle: obeyed in order, its notes together, at that time (Unix seconds; none = now).
function bundle(messages, time) {
  let seconds = 0;
  let fraction = 1;
  if (time !== undefined) {
    seconds = Math.floor(time) + SECONDS_1900_TO_1970;
    fraction = Math.floor((time - Math.floor(time)) * 2 ** 32);
  }
  const parts = [string("#bundle"), number(4, "writeUInt32BE", seconds), number(4, "writeUInt32BE", fraction)];
  for (const message of messages) parts.push(number(4, "writeInt32BE", message.length), message);
  return Buffer.concat(parts);
}

// A message of the daemon's, { address, args }: it only sends the type tags i, f, s and b.
function decode(packet) {
  let at = 0;
  const text = () => {
    const end = packet.indexOf(0, at);
    const found = packet.toString("utf8", at, end);
    at = end + 4 - (end % 4);
    return found;
  };
  const address = text();
  const args = [];
  for (const tag of text().slice(1)) {
    if (tag === "s") {
      args.push(text());
      continue;
    }
    if (tag === "i") args.push(packet.readInt32BE(at));
    else if (tag === "f") args.push(packet.readFloatBE(at));
    else if (tag === "b") {
      const size = packet.readInt32BE(at);
      args.push(packet.subarray(at + 4, at + 4 + size));
      at += size + ((4 - (size % 4)) % 4);
    } else throw new Error(`${address} has the unknown type tag ${tag}`);
    at += 4;
  }
  return { address, args };
}

module.exports = { encode, bundle, decode };
