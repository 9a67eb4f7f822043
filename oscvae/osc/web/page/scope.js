// Scope and spectrogram of what the daemon plays, on one canvas: the wave above, frequencies over time below.
// They come as pictures (/scope.reply), for as long as the canvas is in sight.

const WAVE = 0.3; // of the height
const GONE_MS = 200; // without a picture: it is silent, or the connection broke
const GAP = 6; // columns of silence between two sounds
const WIDE = 2; // CSS pixels of a column
const FLOOR = 70, TOP = 225; // levels of a band that are the darkest and the brightest: 0.5 dB each, 255 is a full-scale sine
const LEAST_PEAK = 0.02; // what is quieter is drawn smaller
const GROUND = "#0e1115";
const COLOURS = Array.from({ length: 256 }, (_, k) => `hsl(${250 - k * 0.85} 75% ${Math.round(6 + k * 0.27)}%)`);

export class Scope {
  constructor(element, osc) {
    Object.assign(this, { element, osc, inSight: false, asked: false, isDrawn: false });
    this.context = element.getContext("2d", { alpha: false });
    osc.on("/scope.reply", (_rate, peak, wave, bands) => this.take(peak, wave, bands));
    new IntersectionObserver((changes) => {
      this.inSight = changes.at(-1).isIntersecting;
      if (this.inSight) this.paint(0, null, null);
      this.look();
    }).observe(element);
    document.addEventListener("visibilitychange", () => this.look());
  }

  /** Of a daemon that knows nothing of this page. */
  begin() {
    this.asked = false;
    this.look();
  }

  /** Asks for pictures, or for no more. */
  look() {
    const wanted = this.inSight && !document.hidden;
    if (wanted === this.asked || !this.osc.isOpen) return;
    this.asked = wanted;
    this.osc.send("/scope", Number(wanted));
  }

  take(peak, wave, bands) {
    clearTimeout(this.ending);
    cancelAnimationFrame(this.waiting); // of a page that was out of sight
    this.ending = setTimeout(() => {
      cancelAnimationFrame(this.waiting);
      this.paint(0, null, null);
    }, GONE_MS);
    this.waiting = requestAnimationFrame(() => this.paint(peak, wave, bands));
  }

  paint(peak, wave, bands) {
    const { element, context } = this;
    const scale = window.devicePixelRatio || 1;
    const width = Math.round(element.clientWidth * scale), height = Math.round(element.clientHeight * scale);
    if (!width) return;
    if (element.width !== width || element.height !== height) this.resize(width, height);
    const top = Math.round(WAVE * height), wide = Math.round(WIDE * scale);
    this.wave(peak, wave, width, top);
    if (bands) this.column(bands, width, top, height - top, wide);
    else this.scroll(GAP * wide, width, top, height - top);
  }

  /** What was drawn stays. */
  resize(width, height) {
    const { element, context } = this;
    const before = new OffscreenCanvas(element.width, element.height);
    before.getContext("2d").drawImage(element, 0, 0);
    element.width = width;
    element.height = height;
    context.fillStyle = GROUND;
    context.fillRect(0, 0, width, height);
    if (this.isDrawn) context.drawImage(before, 0, 0, width, height);
    this.isDrawn = true;
  }

  wave(peak, wave, width, height) {
    const { context } = this;
    context.fillStyle = GROUND;
    context.fillRect(0, 0, width, height);
    context.strokeStyle = "#e0814a";
    context.lineWidth = Math.max(1, height / 60);
    context.beginPath();
    const points = wave?.byteLength ?? 2, size = (0.45 * peak) / Math.max(peak, LEAST_PEAK) / 127;
    for (let k = 0; k < points; k++) {
      context.lineTo((k / (points - 1)) * width, height * (0.5 - size * (wave?.getInt8(k) ?? 0)));
    }
    context.stroke();
  }

  /** Makes room at the right. */
  scroll(by, width, top, height) {
    const { context, element } = this;
    context.drawImage(element, by, top, width - by, height, 0, top, width - by, height);
    context.fillStyle = GROUND;
    context.fillRect(width - by, top, by, height);
  }

  column(bands, width, top, height, wide) {
    this.scroll(wide, width, top, height);
    const many = bands.byteLength;
    for (let k = 0; k < many; k++) {
      const share = Math.min(1, Math.max(0, (bands.getUint8(k) - FLOOR) / (TOP - FLOOR)));
      this.context.fillStyle = COLOURS[Math.round(255 * share)];
      const y = Math.round(height * (1 - (k + 1) / many));
      this.context.fillRect(width - wide, top + y, wide, Math.round(height * (1 - k / many)) - y);
    }
  }
}
