// oscvae from Node, without packages: node play.js [port [host]]
// What every message means: docs/osc.md.
"use strict";

const dgram = require("node:dgram");
const { encode, bundle, decode } = require("./osc.js");

const port = Number(process.argv[2] || 9000);
const host = process.argv[3] || "127.0.0.1";
const Z = [0.1, 0.2, -0.3, 0.4];

const socket = dgram.createSocket("udp4");
const waiting = new Map();

const send = (...message) => socket.send(encode(...message), port, host);
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

// Sends a question and resolves to the arguments of its answer.
function ask(answer, ...message) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer to ${message[0]}: is the daemon there?`)), 5000);
    waiting.set(answer, (args) => {
      clearTimeout(late);
      resolve(args);
    });
    send(...message);
  });
}

socket.on("message", (packet) => {
  const { address, args } = decode(packet);
  if (address === "/fail") {
    console.error("cannot:", ...args);
    process.exitCode = 1;
  }
  if (waiting.has(address)) {
    waiting.get(address)(args);
    waiting.delete(address);
  } else if (address.startsWith("/voice/")) console.log(address, ...args);
});

async function main() {
  const [name, dims] = await ask("/model", "/model");
  console.log(`${name} has ${dims} dimensions`);
  await ask("/done", "/notify", 1); // be told of voices, levels, and what others change

  send("/play", 60, ...Z, 0.8, 0.5); // a note, released after half a second
  await sleep(0.6);

  // a chord in one frame, at a time of our own
  const chord = [48, 55, 63].map((note) => encode("/play", note, ...Z, 0.7, 0.5));
  socket.send(bundle(chord, Date.now() / 1000 + 0.1), port, host);
  await sleep(0.8);

  // a key that is held follows the cursor
  send("/z", -1, 0, 0, 0);
  send("/note", 52, 100);
  send("/glide", 0.5, 1, 0, 0, 0);
  await sleep(0.6);
  send("/note", 52, 0);

  const [voices, cpu] = await ask("/status.reply", "/status");
  console.log(`${voices} voices, ${cpu.toFixed(1)} % CPU`);
  send("/notify", 0);
}

main()
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  })
  .finally(() => socket.close());
