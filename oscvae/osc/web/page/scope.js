// Scope and spectrogram of what is listened to, on one canvas: the wave above, frequencies over time below.

const LOW_HZ = 40, HIGH_HZ = 12000;
const FLOOR_DB = -100, TOP_DB = -25;
const WAVE = 0.3; // of the height
const LEAST_MS = 30; // between two pictures: a weak machine has sound to play
const COLOURS = Array.from({ length: 256 }, (_, k) => `hsl(${250 - k * 0.85} 75% ${Math.round(6 + k * 0.27)}%)`);

/** Draws `listener`'s sound on `element` for as long as there is any. */
export class Scope {
  constructor(element, listener) {
    this.element = element;
    this.listener = listener;
    this.context = element.getContext("2d", { alpha: false });
    this.runs = false;
  }

  /** Begin, or go on. */
  start() {
    if (this.runs) return;
    this.runs = true;
    let painted = 0;
    const step = (now) => {
      if (!this.listener.wanted) {
        this.runs = false;
        return;
      }
      if (this.listener.analyser && this.element.clientWidth && now - painted >= LEAST_MS) {
        painted = now;
        this.paint(this.listener.analyser);
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  paint(analyser) {
    const { element, context } = this;
    const scale = window.devicePixelRatio || 1;
    const width = Math.round(element.clientWidth * scale), height = Math.round(element.clientHeight * scale);
    if (element.width !== width || element.height !== height) {
      element.width = width;
      element.height = height;
      context.fillStyle = "#0e1115";
      context.fillRect(0, 0, width, height);
    }
    const top = Math.round(WAVE * height);
    this.wave(analyser, width, top);
    this.column(analyser, width, top, height - top);
  }

  wave(analyser, width, height) {
    const { context } = this;
    const samples = (this.samples ??= new Float32Array(analyser.fftSize));
    analyser.getFloatTimeDomainData(samples);
    let begin = 1; // at a rising zero crossing, so that a steady tone stands still
    while (begin < samples.length / 2 && !(samples[begin - 1] < 0 && samples[begin] >= 0)) begin++;
    const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0.02);
    context.fillStyle = "#0e1115";
    context.fillRect(0, 0, width, height);
    context.strokeStyle = "#e0814a";
    context.lineWidth = Math.max(1, height / 60);
    context.beginPath();
    const shown = samples.length / 4;
    for (let k = 0; k < shown; k++) {
      context.lineTo((k / shown) * width, height * (0.5 - (0.45 * samples[begin + k]) / peak));
    }
    context.stroke();
  }

  column(analyser, width, top, height) {
    const { context } = this;
    const bins = (this.bins ??= new Float32Array(analyser.frequencyBinCount));
    analyser.getFloatFrequencyData(bins);
    const wide = Math.max(1, Math.round(window.devicePixelRatio || 1));
    context.drawImage(this.element, wide, top, width - wide, height, 0, top, width - wide, height);
    const perBin = analyser.context.sampleRate / analyser.fftSize;
    const tall = Math.max(1, Math.round(height / 120));
    for (let y = 0; y < height; y += tall) {
      const hz = LOW_HZ * (HIGH_HZ / LOW_HZ) ** (1 - y / height);
      const next = hz * (HIGH_HZ / LOW_HZ) ** (tall / height);
      let db = bins[Math.min(bins.length - 1, Math.round(hz / perBin))];
      for (let bin = Math.ceil(hz / perBin); bin < Math.min(bins.length, next / perBin); bin++) db = Math.max(db, bins[bin]);
      const share = Math.min(1, Math.max(0, (db - FLOOR_DB) / (TOP_DB - FLOOR_DB)));
      context.fillStyle = COLOURS[Math.round(255 * share)];
      context.fillRect(width - wide, top + y, wide, tall);
    }
  }
}
