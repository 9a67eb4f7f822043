// Presets as tiles, eight at a time: a press goes there, a long press keeps the cursor, a press of an empty one too.
// Where they lie on the maps is told apart.

import { CLICK_MS, ENDS, onPress } from "./hold.js";
import { quoted } from "./menu.js";

const TILES = 8;
const RECALL_S = 0.3;

const $ = (id) => document.getElementById(id);

export class Presets {
  constructor(osc, menu) {
    Object.assign(this, { osc, menu, model: "", names: [], page: 0 });
    this.tiles = Array.from({ length: TILES }, (_, k) => this.tile(k));
    $("presets").replaceChildren(...this.tiles);
    $("presets-before").onclick = () => this.turn(-1);
    $("presets-next").onclick = () => this.turn(1);
    $("save").onclose = () => this.keep();
    $("save-menu").onclick = () => this.showMenu();
    osc.on("/presets.reply", (model, ...names) => {
      this.list(model, names);
      osc.send("/places"); // one may be elsewhere under the same name
    });
    osc.on("/done", (command, name) => {
      if (command === "/preset/save") this.kept = name;
      if (command === "/preset/save" || command === "/preset/delete") this.ask();
    });
    this.show();
  }

  ask() {
    this.osc.send("/presets");
  }

  /** How many pages of tiles: there is always an empty one at the end. */
  get pages() {
    return Math.floor(this.names.length / TILES) + 1;
  }

  /** The name on a tile, undefined on an empty one. */
  at(k) {
    return this.names[TILES * this.page + k];
  }

  tile(k) {
    const tile = document.createElement("button");
    let down; // what was on it when a pointer came down, for that press: what others save meanwhile moves the names
    tile.addEventListener("pointerdown", () => {
      const mine = (down = [this.at(k)]);
      const forget = () => setTimeout(() => down === mine && (down = null), CLICK_MS);
      for (const name of ENDS) addEventListener(name, forget, { once: true, capture: true });
    });
    const meant = () => (down ? down[0] : this.at(k));
    const press = () => {
      const name = meant();
      if (name) this.osc.send("/preset/recall", name, RECALL_S);
      else this.offer("");
    };
    onPress(tile, press, () => this.offer(meant() ?? ""));
    return tile;
  }

  list(model, names) {
    if (model !== this.model) this.page = 0;
    Object.assign(this, { model, names });
    this.page = Math.min(this.page, this.pages - 1);
    if (names.includes(this.kept)) {
      this.page = Math.floor(names.indexOf(this.kept) / TILES);
      this.kept = undefined;
    }
    this.show();
  }

  /** After the last page comes the first. */
  turn(by) {
    this.page = (this.page + by + this.pages) % this.pages;
    this.show();
  }

  show() {
    this.tiles.forEach((tile, k) => {
      const name = this.at(k);
      tile.textContent = name ?? "+";
      tile.title = name ? `${name}: press to go there, hold to keep the cursor` : "press to keep the cursor";
    });
    $("presets-turn").hidden = this.pages === 1;
    $("presets-page").textContent = `${this.page + 1}/${this.pages}`;
  }

  /** Asks under which name the cursor is to be kept. */
  offer(name) {
    this.offered = name;
    $("save-menu").hidden = !name;
    $("save-name").value = name;
    $("save").returnValue = "";
    $("save").showModal();
  }

  /** How else that preset may be recalled. */
  showMenu() {
    $("save").close("");
    this.menu.open(this.offered, this.osc.full(`/preset/recall ${quoted(this.offered)}`));
  }

  keep() {
    const name = $("save-name").value.trim();
    if ($("save").returnValue !== "save" || !name) return;
    this.osc.send("/preset/save", name, $("save-all").checked ? "all" : "cursor");
  }
}
