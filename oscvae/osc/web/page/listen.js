// "Listen here": the daemon's output in the browser, 20 ms at a time over the WebSocket.
// An AudioWorklet plays it where the page is a secure context, scheduled buffers elsewhere: http beyond localhost is none.

const AHEAD_S = 0.1; // of scheduled buffers
const LATE_S = 0.3; // that may be scheduled; what would come later is left out

/** osc: the connection. `changed(isOn)` is told. */
export class Listener {
  constructor(osc, changed) {
    this.osc = osc;
    this.changed = changed;
    this.context = null;
    this.wanted = false;
    osc.on("/sound", (rate, _frame, pcm) => this.wanted && this.take(rate, pcm));
  }

  /** Of a daemon that knows nothing of this page. */
  begin() {
    if (this.wanted) this.osc.send("/monitor", 1);
  }

  /** To be called by a tap: browsers let nothing else begin a sound. */
  async toggle() {
    this.wanted = !this.wanted;
    this.osc.send("/monitor", this.wanted ? 1 : 0);
    if (!this.wanted) await this.end();
    this.changed(this.wanted);
  }

  async end() {
    const { context } = this;
    this.context = this.play = null;
    await context?.close();
  }

  async open(rate) {
    const context = (this.context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" }));
    this.rate = rate;
    this.play = () => {}; // until it is ready
    const output = context.createGain(); // one for all that is scheduled
    output.connect(context.destination);
    const play = await (context.audioWorklet ? worklet : scheduled)(context, output);
    if (this.context !== context) return; // ended meanwhile
    this.play = play;
    await context.resume();
  }

  take(rate, pcm) {
    if (this.context && this.rate !== rate) this.end(); // another audio server
    if (!this.context) this.open(rate);
    const samples = new Int16Array(pcm.byteLength >> 1);
    for (let k = 0; k < samples.length; k++) samples[k] = pcm.getInt16(2 * k, true);
    this.play(samples);
  }
}

async function worklet(context, output) {
  await context.audioWorklet.addModule("worklet.js");
  const node = new AudioWorkletNode(context, "oscvae-player", { numberOfInputs: 0, outputChannelCount: [2] });
  node.connect(output);
  return (samples) => node.port.postMessage(samples.buffer, [samples.buffer]);
}

function scheduled(context, output) {
  let next = 0;
  return (samples) => {
    const now = context.currentTime;
    if (next < now + 0.005) next = now + AHEAD_S;
    if (next > now + LATE_S) return;
    const buffer = context.createBuffer(2, samples.length >> 1, context.sampleRate);
    for (let c = 0; c < 2; c++) {
      const channel = buffer.getChannelData(c);
      for (let k = 0; k < channel.length; k++) channel[k] = samples[2 * k + c] / 32768;
    }
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(output);
    source.start(next);
    next += buffer.duration;
  };
}
