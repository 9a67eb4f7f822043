// Sound that comes in packets, played without a gap: a ring, read a little faster or slower so that it keeps its length.
// Runs on the browser's audio thread.

const SECONDS = 1; // of the ring
const TARGET_S = 0.08; // that it is kept filled to: what networks and timers are late by
const REACH = 0.005; // how far its speed bends, in the mean of a second: 9 cents
const FADE = 0.995; // of the last sample, each sample, where nothing is left

registerProcessor(
  "oscvae-player",
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.size = SECONDS * sampleRate;
      this.ring = [new Float32Array(this.size), new Float32Array(this.size)];
      this.written = 0;
      this.read = 0; // fractional
      this.flows = false;
      this.mean = 0; // of what is ahead, in samples
      this.last = [0, 0];
      this.port.onmessage = ({ data }) => this.take(new Int16Array(data));
    }

    take(samples) {
      const frames = samples.length >> 1;
      if (this.written + frames - this.read > this.size - 4) this.flows = false; // far too much: begin anew
      if (!this.flows && this.written - this.read > 2 * TARGET_S * sampleRate) this.read = this.written;
      for (let k = 0; k < frames; k++) {
        const place = (this.written + k) % this.size;
        this.ring[0][place] = samples[2 * k] / 32768;
        this.ring[1][place] = samples[2 * k + 1] / 32768;
      }
      this.written += frames;
    }

    process(_inputs, [channels]) {
      const ahead = this.written - this.read;
      const target = TARGET_S * sampleRate;
      if (!this.flows && ahead >= target) {
        this.flows = true;
        this.mean = ahead;
      }
      this.mean += (ahead - this.mean) * 0.003; // of some 375 a second
      const bend = Math.max(-1, Math.min(1, (this.mean - target) / target));
      const step = 1 + REACH * bend;
      const frames = channels[0].length;
      for (let k = 0; k < frames; k++) {
        if (this.flows && this.written - this.read < 3) this.flows = false;
        const at = Math.floor(this.read);
        const share = this.read - at;
        channels.forEach((out, c) => {
          this.last[c] = this.flows ? cubic(this.ring[c], this.size, at, share) : this.last[c] * FADE;
          out[k] = this.last[c];
        });
        if (this.flows) this.read += step;
      }
      return true;
    }
  },
);

/** Between the samples at `at` and `at + 1`, by a Catmull-Rom spline. */
function cubic(ring, size, at, share) {
  const [a, b, c, d] = [-1, 0, 1, 2].map((k) => ring[(at + k + size) % size]);
  return b + 0.5 * share * (c - a + share * (2 * a - 5 * b + 4 * c - d + share * (3 * (b - c) + d - a)));
}
