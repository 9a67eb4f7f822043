// MIDI keyboards at the browser (Web MIDI): each plays its own channel.

/** What wheels and pedals have moved, by address, until it is put back: nobody else at a part that is left would do so. */
export class Moved {
  constructor(osc) {
    Object.assign(this, { osc, moved: new Set() });
  }

  send(address, value) {
    if (value) this.moved.add(address);
    else this.moved.delete(address);
    this.osc.send(address, value);
  }

  putBack() {
    this.moved.forEach((address) => this.osc.send(address, 0));
    this.moved.clear();
  }
}

const WHEEL_SEMITONES = 2;

/** to: note(note, velocity, channel), bend(semitones, channel), sustain(on, channel), mode(name), and gone(): one was unplugged. */
export async function hearMidi(to) {
  let midi;
  try {
    midi = await navigator.requestMIDIAccess?.();
  } catch {
    return; // it is not allowed
  }
  if (!midi) return; // no secure context, or no MIDI
  const hear = ({ data: [status, first, second] }) => {
    const channel = (status & 15) + 1;
    if (status >> 4 === 9) to.note(first, second, channel);
    else if (status >> 4 === 8) to.note(first, 0, channel);
    else if (status >> 4 === 14) to.bend((WHEEL_SEMITONES * (((second << 7) | first) - 8192)) / 8192, channel);
    else if (status >> 4 === 11 && first === 64) to.sustain(second >= 64, channel);
    else if (status >> 4 === 11 && (first === 126 || first === 127)) to.mode(first === 126 ? "mono" : "poly");
  };
  const open = () => midi.inputs.forEach((input) => (input.onmidimessage = hear));
  midi.onstatechange = ({ port }) => {
    if (port.state === "disconnected") to.gone(); // with it goes what would let its keys go
    open();
  };
  open();
}
