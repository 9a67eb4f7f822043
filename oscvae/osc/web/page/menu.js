// What a long press offers: MIDI learn, and the OSC line to copy.

const $ = (id) => document.getElementById(id);

/** A message as a line of text, and as a controller learns it. */
export const line = (address, ...args) => [address, ...args.map(word)].join(" ");

function word(arg) {
  if (typeof arg === "string") return quoted(arg);
  return Number.isInteger(arg) ? arg : +arg.toPrecision(4);
}

/** A name as a word of what a controller learns. */
export const quoted = (name) => (/[\s'"\\]/.test(name) ? `'${name.replaceAll("'", `'"'"'`)}'` : name);

export class Menu {
  constructor(osc, say) {
    Object.assign(this, { osc, say });
    $("menu-copy").onclick = () => this.copy();
    $("menu-close").onclick = () => $("menu").close();
  }

  /** line: the OSC message of what is held; targets: what a controller may learn of it, [words, address] of each, or none. */
  open(name, line, targets = [["MIDI learn", line]]) {
    if ($("menu").open) return;
    $("menu-name").textContent = name;
    $("menu-line").textContent = line;
    $("menu-copy").textContent = "copy";
    $("menu-learn").replaceChildren(...targets.map(([words, address]) => this.learner(words, address)));
    $("menu").showModal();
  }

  learner(words, address) {
    const button = document.createElement("button");
    button.textContent = words;
    button.onclick = () => {
      this.osc.sendAll("/midi/learn", address);
      $("menu").close();
      this.say(`${address}: move a MIDI controller`, false);
    };
    return button;
  }

  /** A page that is no secure context has no clipboard: there the line is copied as a selection. */
  async copy() {
    try {
      await navigator.clipboard.writeText($("menu-line").textContent);
    } catch {
      getSelection().selectAllChildren($("menu-line"));
      if (!document.execCommand("copy")) return;
    }
    $("menu-copy").textContent = "copied";
  }
}
