"""What a page gives to its loudspeakers and draws of it: scripts for a browser."""

from __future__ import annotations

TAP = """(() => {
  const connect = AudioNode.prototype.connect;
  window.recorded = [];
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) {
      const tap = this.context.createScriptProcessor(2048, 2, 2);
      tap.onaudioprocess = ({ inputBuffer }) => window.recorded.push(Array.from(inputBuffer.getChannelData(0)));
      window.rate = this.context.sampleRate;
      connect.call(this, tap);
      connect.call(tap, to);
    }
    return connect.call(this, to, ...rest);
  };
})()"""
"""To be run before the page: from then on `recorded` has the blocks of its left channel, `rate` their rate."""

LOUD = "window.recorded.some((block) => block.some((sample) => Math.abs(sample) > 0.01))"
"""Whether anything was heard."""

LOUDEST = """(() => {
  const peaks = window.recorded.map((block) => Math.max(...block.map(Math.abs)));
  return `${peaks.length} blocks, the loudest ${Math.max(...peaks)}`;
})()"""
"""What was recorded, in words."""

WAVE = """(() => {
  const scope = document.querySelector("#scope"), height = Math.round(0.3 * scope.height) - 2;
  const { data } = scope.getContext("2d").getImageData(0, 0, scope.width, height);
  const rows = new Set();
  for (let k = 0; k < data.length; k += 4) if (data[k] > 128) rows.add(Math.floor(k / 4 / scope.width));
  return rows.size;
})()"""
"""How many rows of pixels the wave of the page's scope has: a few in silence."""
