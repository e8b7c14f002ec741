// @ts-check
/** 全体の縮図: the whole board, small, and the part of it that is in sight. */

import { svg } from "./dom.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./places.js").Box} Box @typedef {import("./places.js").Layout} Layout */

const MANY = 200; // notes above which it helps

export class Minimap {
  /** @param {HTMLElement} side @param {(at: Box) => void} go */
  constructor(side, go) {
    this.svg = /** @type {SVGElement} */ (side.querySelector("[data-map]"));
    this.all = { w: 1, h: 1 };
    this.svg.addEventListener("click", (event) => {
      const { left, top, width, height } = this.svg.getBoundingClientRect();
      const { w, h: high } = this.all;
      const scale = Math.max(w / width, high / height);
      go({ x: (event.clientX - left - (width - w / scale) / 2) * scale, y: (event.clientY - top - (height - high / scale) / 2) * scale, w: 0, h: 0 });
    });
  }

  /** @param {Board} board @param {Layout} layout @param {Box} sight */
  draw(board, layout, sight) {
    const has = layout.notes.size > MANY;
    const place = /** @type {HTMLElement} */ (this.svg.closest("[data-map-box]"));
    this.all = layout.all;
    this.svg.toggleAttribute("hidden", !has);
    place.classList.toggle("has-map", has);
    if (!has) return;
    const { w, h: high } = layout.all;
    this.svg.setAttribute("viewBox", `0 0 ${w} ${high}`);
    const { notes } = board.state();
    const isles = [...layout.islands.values()].map(outline).join("");
    const loose = [...layout.notes].filter(([id]) => !notes[id].island).map(([, at]) => outline(at)).join("");
    this.svg.replaceChildren(svg("rect", { class: "mm__sea", width: w, height: high }), svg("path", { class: "mm__isle", d: isles }), svg("path", { class: "mm__loose", d: loose }), svg("rect", { class: "mm__view" }));
    this.look(sight);
  }

  /** @param {Box} sight */
  look(sight) {
    const rect = this.svg.querySelector(".mm__view");
    if (!rect) return;
    for (const [name, value] of [["x", sight.x], ["y", sight.y], ["width", sight.w], ["height", sight.h]]) rect.setAttribute(String(name), String(value));
  }
}

/** @param {Box} at */
const outline = (at) => `M${at.x} ${at.y}h${at.w}v${at.h}h-${at.w}z`;
