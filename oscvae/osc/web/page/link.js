// The connection in words: whether there is one, why not, and how the daemon is.

const STATUS_MS = 1000;
const STARTING_MS = 500;
const SILENT = "Silent: no JACK server and no sound device. Press listen here, or start one: jackd -R -d alsa -r 48000 -p 128";
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

const $ = (id) => document.getElementById(id);

export class Link {
  /** greet(): asks for all that the page shows. listener: whether the sound is heard here. */
  constructor(osc, words, listener, greet) {
    Object.assign(this, { osc, words, listener, greet, isOn: false, isRefused: false });
    osc.on("open", () => this.open());
    osc.on("close", () => this.close());
    osc.on("refused", (why) => this.refused(why));
    osc.on("/status.reply", (...status) => this.status(...status));
    setInterval(() => osc.send("/status"), STATUS_MS);
  }

  show(text, name) {
    $("connection").textContent = text;
    $("connection").className = name;
  }

  open() {
    this.isOn = true;
    this.isRefused = false;
    if (this.words.standing) this.words.stand("");
    this.show("connected", "on");
    this.greet();
  }

  /** The daemon has no model yet. */
  starts() {
    clearTimeout(this.again);
    this.again = setTimeout(() => {
      this.show("connected", "on");
      this.greet();
    }, STARTING_MS);
    this.show("starting", "on");
  }

  close() {
    this.isOn = false;
    if (!this.isRefused) this.show("no daemon: run oscvae serve", "off");
  }

  /** why: in the daemon's words; "" where it would take a connection, null where nothing answers. */
  refused(why) {
    this.isRefused = why !== null;
    if (why === null) {
      this.close();
      const far = `No daemon answers at ${location.host}. If one runs there, its osc.allow does not name this device.`;
      return this.words.stand(LOOPBACK.test(location.hostname) ? "" : far);
    }
    this.show("refused", "off");
    const between = `The daemon answers, but no WebSocket reaches it: what is in between, as a proxy, has to pass it on.`;
    this.words.stand(why ? `The daemon refuses this page: ${why}.` : between);
  }

  status(voices, average, _peak, _underruns, _late, xruns, _busy, _rate, _modelRate, _block, backend) {
    const { words, listener } = this;
    $("facts").textContent = `${voices} voice${voices === 1 ? "" : "s"}   ${average.toFixed(0)} % CPU   ${xruns} xruns   ${backend}`;
    const isSilent = backend === "silent" && !listener.wanted;
    $("listen").classList.toggle("offered", isSilent);
    if (isSilent || backend.endsWith("(away)")) {
      if (words.standing === "") words.stand(isSilent ? SILENT : `${backend}: it plays again when the server is back`);
    } else if (words.standing !== "") words.stand("");
  }
}
