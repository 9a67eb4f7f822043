// What is said in words: what goes wrong, and what to do about it.

const WORDS_MS = 8000;

export class Words {
  constructor(element) {
    Object.assign(this, { element, standing: "" }); // standing: what is said while nothing else is
  }

  say(text, bad = true) {
    this.show(text, bad);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show(this.standing, false), WORDS_MS);
  }

  stand(text) {
    if (text === this.standing) return;
    this.standing = text;
    clearTimeout(this.timer);
    this.show(text, false);
  }

  /** What was said is over. */
  hush() {
    clearTimeout(this.timer);
    this.show(this.standing, false);
  }

  show(text, bad) {
    this.element.textContent = text;
    this.element.className = bad ? "bad" : "";
  }
}
