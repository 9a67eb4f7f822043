// OSC in the binary frames of a WebSocket. Source: Open Sound Control 1.0; the types i f s b T F are read, i f s are sent.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function padded(bytes) {
  const whole = new Uint8Array((bytes.length + 4) & ~3);
  whole.set(bytes);
  return whole;
}

/** A message as bytes. Whole numbers go as int32, others as float32, text as a string. */
export function encode(address, args) {
  const parts = [padded(encoder.encode(address))];
  let tags = ",";
  const values = [];
  for (const arg of args) {
    if (typeof arg === "string") {
      tags += "s";
      values.push(padded(encoder.encode(arg)));
      continue;
    }
    const four = new DataView(new ArrayBuffer(4));
    if (Number.isInteger(arg) && Math.abs(arg) < 2 ** 31) {
      tags += "i";
      four.setInt32(0, arg);
    } else {
      tags += "f";
      four.setFloat32(0, arg);
    }
    values.push(new Uint8Array(four.buffer));
  }
  parts.push(padded(encoder.encode(tags)), ...values);
  const packet = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    packet.set(part, at);
    at += part.length;
  }
  return packet;
}

/** [address, ...arguments] of a message; a blob is a DataView. */
export function decode(buffer) {
  const view = new DataView(buffer);
  const bytes = new Uint8Array(buffer);
  let at = 0;
  const text = () => {
    const end = bytes.indexOf(0, at);
    const read = decoder.decode(bytes.subarray(at, end));
    at = (end + 4) & ~3;
    return read;
  };
  const message = [text()];
  for (const tag of text().slice(1)) {
    if (tag === "i") message.push(view.getInt32(at)), (at += 4);
    else if (tag === "f") message.push(view.getFloat32(at)), (at += 4);
    else if (tag === "s") message.push(text());
    else if (tag === "b") {
      const size = view.getInt32(at);
      message.push(new DataView(buffer, at + 4, size));
      at = (at + 4 + size + 3) & ~3;
    } else message.push(tag === "T");
  }
  return message;
}

const RETRY_MS = 1000;
const ANSWER_MS = 3000;
const REFUSALS = [403, 503]; // of the daemon: what else comes is of something in between
const WORDS_MOST = 200;

/** A connection that comes back by itself. `on(address, f)`: f(...arguments) of each message; besides "open",
 * "close" with whether it was open, and "refused". */
export class Osc {
  constructor(url) {
    this.url = url;
    this.handlers = new Map();
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(this.url);
    this.socket.binaryType = "arraybuffer";
    let wasOpen = false;
    this.socket.onopen = () => {
      wasOpen = true;
      this.tell("open");
    };
    this.socket.onmessage = ({ data }) => typeof data === "string" || this.tell(...decode(data));
    this.socket.onclose = async () => {
      this.tell("close", wasOpen);
      if (!wasOpen) await this.ask();
      setTimeout(() => this.connect(), RETRY_MS);
    };
  }

  /** Why there is no connection, which a browser does not tell: "refused" with the daemon's words, with none where it
   * would take one, with null where nothing answers. */
  async ask() {
    const url = new URL(this.url.replace(/^ws/, "http"));
    url.searchParams.set("SOCKET", location.origin);
    let why = null;
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout?.(ANSWER_MS) });
      const isOurs = REFUSALS.includes(answer.status) && answer.headers.get("Content-Type")?.startsWith("text/plain");
      if (answer.ok) why = "";
      else if (isOurs) why = (await answer.text()).trim().slice(0, WORDS_MOST);
    } catch {
      // nothing answers
    }
    this.tell("refused", why);
  }

  on(address, handler) {
    this.handlers.set(address, [...(this.handlers.get(address) ?? []), handler]);
    return this;
  }

  tell(address, ...args) {
    for (const handler of this.handlers.get(address) ?? this.handlers.get("other") ?? []) {
      if (this.handlers.has(address)) handler(...args);
      else handler(address, ...args);
    }
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  send(address, ...args) {
    if (this.isOpen) this.socket.send(encode(address, args));
  }
}
