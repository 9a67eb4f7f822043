// Max's own module for node.script, on a pipe: a line of JSON in is a message, a line of JSON out is one too.
"use strict";

const readline = require("readline");

const handlers = new Map();

readline
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [word, ...args] = JSON.parse(line);
    if (handlers.has(word)) handlers.get(word)(...args);
    else process.stderr.write(`node.script does not understand ${word}\n`);
  })
  .on("close", () => process.exit(0));

module.exports = {
  addHandler: (word, handler) => handlers.set(word, handler),
  outlet: async (...message) => process.stdout.write(`${JSON.stringify(message)}\n`),
  post: async (...message) => process.stderr.write(`${message.join(" ")}\n`),
};
