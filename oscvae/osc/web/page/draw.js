// Canvases that know their size and the sharpness of the screen.

/** Calls paint(context, width, height) in CSS pixels, at once and whenever the size changes; returns a repaint. */
export function canvas(element, paint) {
  const context = element.getContext("2d");
  let asked = false;
  const repaint = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      const scale = window.devicePixelRatio || 1;
      const { width, height } = element.getBoundingClientRect();
      if (element.width !== Math.round(width * scale) || element.height !== Math.round(height * scale)) {
        element.width = Math.round(width * scale);
        element.height = Math.round(height * scale);
      }
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      paint(context, width, height);
    });
  };
  new ResizeObserver(repaint).observe(element);
  repaint();
  return repaint;
}

/** Where a pointer is on an element, in CSS pixels. */
export function place(event, element) {
  const box = element.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top, box.width, box.height];
}

/** A colour for the k-th of n names, all equally bright. */
export function hue(k, n) {
  return `hsl(${Math.round((360 * k) / Math.max(n, 1) + 20) % 360} 62% 64%)`;
}

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
