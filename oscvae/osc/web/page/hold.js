// Long presses, and what stands for them: the right button of a mouse and the menu key.

const HOLD_MS = 600;
/** After the end of a press, within which its click comes. */
export const CLICK_MS = 300;

/** Of a press. */
export const ENDS = ["pointerup", "pointercancel"];

/** How far a pointer may go that is held still, in CSS pixels: a finger shakes. */
export const shake = (event) => (event.pointerType === "mouse" ? 3 : 8);

/** Calls held(isPressed) after a long press that has not moved, and at once where a context menu is asked for. */
export function onHold(element, held) {
  let timer, from;
  element.addEventListener("pointerdown", (event) => {
    clearTimeout(timer);
    if (event.button !== 0) return;
    from = [event.clientX, event.clientY];
    timer = setTimeout(() => held(true), HOLD_MS);
  });
  element.addEventListener("pointermove", (event) => {
    if (from && Math.hypot(event.clientX - from[0], event.clientY - from[1]) > shake(event)) clearTimeout(timer);
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
    element.addEventListener(name, () => clearTimeout(timer));
  }
  onMenu(element, () => {
    clearTimeout(timer);
    held(false);
  });
}

const ARMED_MS = 10000;
const menus = new WeakMap(); // what is asked of an element whose menu is wanted
let armed = null, disarm, over = () => {};

/** The next press of anything but what is `always` a press is none, but asks for its menu: a finger has no right button.
 * done(found, target) is told whether there was one, (true, null) where ten seconds have brought no press; null: nothing is
 * waited for any more. */
export function arm(done, always) {
  armed = done && { done, always };
  clearTimeout(disarm);
  if (!done) return;
  disarm = setTimeout(() => {
    arm(null);
    done(true, null);
  }, ARMED_MS);
}

addEventListener("pointerdown", (event) => {
  over();
  if (!armed || event.button !== 0 || armed.always.contains(event.target)) return;
  const { done } = armed;
  arm(null);
  event.preventDefault(); // a list stays shut
  event.stopImmediatePropagation();
  const swallow = (click) => {
    click.preventDefault();
    click.stopImmediatePropagation();
  };
  addEventListener("click", swallow, { capture: true });
  const asked = event.composedPath().map((one) => one instanceof Element && menus.get(one)).find(Boolean);
  let told = false;
  const tell = () => {
    for (const name of ENDS) removeEventListener(name, end, { capture: true });
    if (!told) done(Boolean(asked), event.target);
    told = true;
  };
  const end = ({ type, pointerId }) => {
    if (pointerId !== event.pointerId) return;
    tell(); // now, because what is said may move what is under the finger
    setTimeout(over, CLICK_MS);
    if (type === "pointerup") setTimeout(() => asked?.(event)); // a menu that opens under a finger would take its end
  };
  over = () => { // also where its end was never told
    tell();
    removeEventListener("click", swallow, { capture: true });
  };
  for (const name of ENDS) addEventListener(name, end, { capture: true });
}, { capture: true });

/** Calls asked(event) for a context menu of a mouse or of the keyboard, or of a press that `arm` waits for: a finger that
 * or a pen that is down plays. */
export function onMenu(element, asked) {
  menus.set(element, asked);
  let type; // of the last pointer: where a context menu is a plain MouseEvent it tells none
  for (const name of ["pointerdown", "keydown"]) element.addEventListener(name, (event) => (type = event.pointerType));
  element.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    if (!["touch", "pen"].includes(event.pointerType ?? type)) asked(event);
  });
}

/** A button that does one thing when it is pressed, and another when it is held. */
export function onPress(button, pressed, held) {
  let isHeld = false;
  const forget = () => (isHeld = false);
  for (const name of ["pointerdown", "keydown"]) button.addEventListener(name, forget);
  button.onclick = () => {
    if (!isHeld) pressed();
    forget();
  };
  onHold(button, (isPressed) => {
    isHeld = isPressed; // letting go of it is no press
    addEventListener("pointerup", () => setTimeout(forget, CLICK_MS), { once: true, capture: true });
    held();
  });
}
