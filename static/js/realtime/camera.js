// @ts-check
/** What of the plane is in sight: it is moved, and made larger and smaller, by one transform. */

/** @typedef {import("./places.js").Box} Box */

const ZOOMS = { least: 0.1, most: 2.5 };
const FAR = 0.86; // where an island's own buttons would be under 24 px: a tap on it does the same
const KEEP = 120; // pixels of the board that always stay in sight

export class Camera {
  /** @param {HTMLElement} root @param {HTMLElement} plane @param {() => void} moved what is to be drawn then */
  constructor(root, plane, moved) {
    this.root = root;
    this.plane = plane;
    this.moved = moved;
    this.x = 0;
    this.y = 0;
    this.zoom = 1;
    /** @type {Box} */
    this.all = { x: 0, y: 0, w: 1, h: 1 }; // how large the plane is
  }

  /** @param {Box} box */
  fit(box) {
    const { clientWidth: w, clientHeight: h } = this.root;
    const zoom = Math.min(w / (box.w + 60), h / (box.h + 110), 1);
    this.zoom = Math.max(ZOOMS.least, zoom);
    this.x = (w - box.w * this.zoom) / 2 - box.x * this.zoom;
    this.y = Math.min(64, Math.max(16, (h - box.h * this.zoom) / 2)) - box.y * this.zoom;
    this.place();
  }

  /** @param {number} by @param {number} [cx] @param {number} [cy] where it stays put, in pixels */
  zoomBy(by, cx = this.root.clientWidth / 2, cy = this.root.clientHeight / 2) {
    const zoom = Math.min(ZOOMS.most, Math.max(ZOOMS.least, this.zoom * by));
    this.x = cx - ((cx - this.x) / this.zoom) * zoom;
    this.y = cy - ((cy - this.y) / this.zoom) * zoom;
    this.zoom = zoom;
    this.place();
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.place();
  }

  /** @param {Box} at */
  center(at) {
    const { clientWidth: w, clientHeight: h } = this.root;
    this.x = w / 2 - (at.x + at.w / 2) * this.zoom;
    this.y = h / 2 - (at.y + at.h / 2) * this.zoom;
    this.place();
  }

  place() {
    const { w, h, x, y } = this.all;
    const { clientWidth, clientHeight } = this.root;
    this.x = Math.min(clientWidth - KEEP - x * this.zoom, Math.max(KEEP - (x + w) * this.zoom, this.x));
    this.y = Math.min(clientHeight - KEEP - y * this.zoom, Math.max(KEEP - (y + h) * this.zoom, this.y));
    this.plane.style.setProperty("transform", `translate(${this.x}px, ${this.y}px) scale(${this.zoom})`);
    this.plane.classList.toggle("is-far", this.zoom < FAR);
    this.moved();
  }

  /** What is in sight, in units. @param {number} [margin] @returns {Box} */
  sight(margin = 0) {
    const { clientWidth: w, clientHeight: h } = this.root;
    return { x: -this.x / this.zoom - margin, y: -this.y / this.zoom - margin, w: w / this.zoom + 2 * margin, h: h / this.zoom + 2 * margin };
  }

  /** @param {PointerEvent} event @returns {{x: number, y: number}} in units of the plane */
  units(event) {
    const { left, top } = this.root.getBoundingClientRect();
    return { x: (event.clientX - left - this.x) / this.zoom, y: (event.clientY - top - this.y) / this.zoom };
  }
}
