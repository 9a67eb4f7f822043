"""What a page gives to its loudspeakers, kept in the page: scripts for a browser."""

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
