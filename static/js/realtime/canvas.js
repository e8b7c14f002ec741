// @ts-check
/**
 * ボード: notes as elements on one plane. What it draws is here; where one looks is `camera.js`,
 * hands and keys have modules of their own.
 */

import { gather, isAt, isBlank, isChosen, isThere, may, mayMove, memberName, moverOf, tableName } from "./acts.js";
import { Camera } from "./camera.js";
import { h } from "./dom.js";
import { box, drawIsland, drawLines, drawNote } from "./figures.js";
import { Hands } from "./hands.js";
import { onKey } from "./keys.js";
import { Minimap } from "./minimap.js";
import { filled, holds, laidOut, meets, tablesOf } from "./places.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./places.js").Box} Box @typedef {import("./places.js").Layout} Layout */

const CULL = 1_000; // notes above which only those in sight are drawn
const AT_ONCE = 40; // notes made in one frame while the board is moved
const MARGIN = 500; // drawn around what is in sight, in units
const READABLE = 0.45; // the zoom under which a note cannot be read

export class Canvas {
  /** @param {Board} board @param {HTMLElement} root */
  constructor(board, root) {
    this.board = board;
    this.root = root;
    this.plane = /** @type {HTMLElement} */ (root.querySelector("[data-plane]"));
    this.lines = /** @type {SVGElement} */ (root.querySelector("[data-lines]"));
    this.side = /** @type {HTMLElement} */ (root.closest("[data-canvas-side]"));
    this.only = /** @type {string | undefined} */ (undefined);
    /** @type {Layout} */
    this.layout = { sheets: [], islands: new Map(), notes: new Map(), all: { x: 0, y: 0, w: 1, h: 1 } };
    /** @type {Map<string, {node: HTMLElement, sig: string}>} */
    this.drawn = new Map();
    this.focus = ""; // the note that Tab comes to
    this.found = /** @type {string[]} */ ([]);
    this.word = "";
    this.isFitted = false;
    this.culled = { x: 0, y: 0, w: 0, h: 0 }; // what was drawn, where not all is
    this.camera = new Camera(root, this.plane, () => this.#moved());
    this.map = new Minimap(this.side, (at) => this.camera.center(at));
    this.hands = new Hands(this);
    this.#listen();
  }

  // -- drawing ----------------------------------------------------------------------------------

  draw() {
    const { board } = this;
    const state = board.state();
    if (this.only !== undefined && !tablesOf(state).includes(this.only)) this.only = undefined;
    this.layout = laidOut(state, this.only);
    this.camera.all = this.layout.all;
    this.#sheets();
    this.items();
    this.#lines();
    this.#tools();
    if (!this.isFitted && !this.side.hidden) this.shown();
  }

  /** The canvas has come into sight. */
  shown() {
    if (this.side.hidden || !this.root.clientWidth || this.isFitted) return;
    this.isFitted = true;
    const state = this.board.state();
    const mine = state.members[this.board.me]?.table;
    const sheet = this.layout.sheets.find(({ id }) => id === mine);
    this.fit(sheet && filled(this.layout, sheet));
    if (!sheet && this.camera.zoom < READABLE) this.fit(filled(this.layout, this.layout.sheets[0]));
    this.draw();
  }

  /** @param {Box} [box] */
  fit(box = this.#extent()) {
    this.camera.fit(box);
  }

  #extent() {
    const { all, sheets } = this.layout;
    const boxes = sheets.map((sheet) => filled(this.layout, sheet));
    return { ...all, h: Math.max(...boxes.map(({ h: high }) => high)), ...(boxes.length === 1 ? { w: boxes[0].w } : {}) };
  }

  #moved() {
    const word = /** @type {HTMLElement} */ (this.side.querySelector("[data-zoom]"));
    word.textContent = this.board.t("zoom", { n: Math.round(this.camera.zoom * 100) });
    this.map.look(this.camera.sight());
    if (this.layout.notes.size > CULL && !holds(this.culled, this.camera.sight())) this.items(true);
  }

  #sheets() {
    const place = /** @type {HTMLElement} */ (this.plane.querySelector("[data-sheets]"));
    const state = this.board.state();
    const isMany = Object.keys(state.tables).length > 0;
    const sig = JSON.stringify([this.layout.sheets, this.layout.sheets.map(({ id }) => state.tables[id]?.title), isMany, state.look]);
    if (place.dataset.sig === sig) return;
    place.dataset.sig = sig;
    place.replaceChildren(
      ...this.layout.sheets.map(({ id, x, y, w, h: high }) => {
        const sheet = h("div", { class: `sheet${state.look === id && id ? " is-looked" : ""}` }, isMany ? h("h2", { class: "sheet__h", text: tableName(this.board, id) }) : null);
        box(sheet, { x, y, w, h: high });
        return sheet;
      }),
    );
  }

  /** @param {boolean} [isMoved] only what is in sight is another: what is drawn stays as it is */
  items(isMoved = false) {
    const { board, layout } = this;
    const state = board.state();
    const isCulled = layout.notes.size > CULL;
    const sight = this.camera.sight(MARGIN);
    let left = isMoved ? AT_ONCE : Infinity;
    const keep = new Set();
    const active = document.activeElement;
    const held = this.hands.held?.id;
    for (const [id, at] of layout.islands) {
      if (isCulled && !meets(at, sight)) continue;
      keep.add(id);
      if (isMoved && this.drawn.has(id)) continue;
      const island = state.islands[id];
      const can = isAt(board, island.table) && may(board, "island.move");
      const mover = held === id ? "" : moverOf(board, id);
      const sig = JSON.stringify([island, at.notes.size, can, state.look === id, mover]);
      this.#put(id, sig, at, () => drawIsland(board, id, { n: at.notes.size, can, mover }));
    }
    const isRead = (/** @type {string} */ id) => layout.notes.has(id) && !isBlank(state.notes[id], board.me);
    if (!isRead(this.focus)) this.focus = [...layout.notes.keys()].find(isRead) ?? "";
    for (const [id, at] of layout.notes) {
      if (isCulled && id !== this.focus && !meets(at, sight)) continue;
      keep.add(id);
      if (isMoved && (this.drawn.has(id) || (left -= 1) < 0)) continue;
      const note = state.notes[id];
      const votes = state.tally?.[id] ?? 0;
      const who = state.names && note.by !== board.me ? memberName(board, note.by) : "";
      const isFound = this.word !== "" && !isBlank(note, board.me) && note.text.includes(this.word);
      const mover = held === id || isBlank(note, board.me) ? "" : moverOf(board, id);
      const sig = JSON.stringify([note.text, note.color, note.veil, note.by === board.me, votes, who, isFound, this.word !== "", isChosen(board, id), state.tally !== null, board.store.isWaiting(id), mayMove(board, id), mover]);
      this.#put(id, sig, at, () => drawNote(board, id, { votes, who, mover, isFound, isDim: this.word !== "" && !isFound }));
    }
    if (left >= 0) this.culled = sight;
    else requestAnimationFrame(() => this.items(true)); // the rest in the next frame
    for (const [id, { node }] of this.drawn) {
      if (isMoved && this.drawn.size < CULL * 2) break; // what went out of sight costs little
      if (keep.has(id) || held === id) continue;
      node.remove();
      this.drawn.delete(id);
    }
    const focused = this.drawn.get(this.focus)?.node;
    if (focused && focused.tabIndex !== 0) focused.tabIndex = 0;
    if (active instanceof HTMLElement && active.dataset.note && !active.isConnected) this.drawn.get(active.dataset.note)?.node.focus({ preventScroll: true });
  }

  /** @param {string} id @param {string} sig @param {any} at @param {() => HTMLElement} make */
  #put(id, sig, at, make) {
    let there = this.drawn.get(id);
    if (!there || there.sig !== sig) {
      const node = make();
      node.tabIndex = node.dataset.note && id === this.focus ? 0 : -1;
      if (!node.dataset.note) node.removeAttribute("tabindex");
      const isFocused = there?.node.contains(document.activeElement);
      if (there) there.node.replaceWith(node);
      else /** @type {Element} */ (this.plane.querySelector(node.dataset.note ? "[data-notes]" : "[data-islands]")).append(node);
      if (isFocused) node.focus({ preventScroll: true });
      there = { node, sig };
      this.drawn.set(id, there);
    }
    if (this.hands.held?.id !== id || !this.hands.held.isMoving) box(there.node, at);
  }

  #lines() {
    this.lines.replaceChildren(...drawLines(this.board, this.layout));
    this.lines.setAttribute("width", String(this.layout.all.w));
    this.lines.setAttribute("height", String(this.layout.all.h));
    this.map.draw(this.board, this.layout, this.camera.sight());
  }

  #tools() {
    const { board } = this;
    const state = board.state();
    const choose = /** @type {HTMLSelectElement} */ (this.side.querySelector("[data-sheet]"));
    const tables = Object.keys(state.tables).length > 1 ? tablesOf(state) : [];
    const sig = JSON.stringify(tables.map((id) => [id, tableName(board, id)]));
    if (choose.dataset.sig !== sig) {
      choose.dataset.sig = sig;
      choose.replaceChildren(h("option", { value: "all", text: board.t("all_tables") }), ...tables.map((id) => h("option", { value: `t:${id}`, text: tableName(board, id) })));
      choose.value = this.only === undefined ? "all" : `t:${this.only}`;
    }
    /** @type {HTMLElement} */ (choose.closest("[data-sheet-box]")).hidden = tables.length < 2;
    /** @type {HTMLElement} */ (this.side.querySelector("[data-add-island]")).hidden = !may(board, "island.add");
    /** @type {HTMLElement} */ (this.side.querySelector("[data-add-note]")).hidden = !may(board, "note.add");
    const blank = Object.values(state.notes).filter((note) => isThere(note) && isBlank(note, board.me)).length;
    const line = /** @type {HTMLElement} */ (this.side.querySelector("[data-blank]"));
    line.hidden = blank === 0;
    line.textContent = blank ? board.t("blank", { n: blank }) : "";
    const label = board.t("canvas_label", { islands: this.layout.islands.size, notes: this.layout.notes.size });
    if (this.root.getAttribute("aria-label") !== label) this.root.setAttribute("aria-label", label);
  }

  // -- finding and looking ----------------------------------------------------------------------

  /** @param {string} word */
  find(word) {
    this.word = word;
    const { notes } = this.board.state();
    this.found = word ? [...this.layout.notes.keys()].filter((id) => !isBlank(notes[id], this.board.me) && notes[id].text.includes(word)) : [];
    if (word && !this.side.hidden) this.board.say(this.board.t("n_found", { n: this.found.length }));
    this.at = -1;
  }

  /** To the next note that was found. */
  next() {
    if (!this.found.length) return;
    this.at = ((this.at ?? -1) + 1) % this.found.length;
    this.toNote(this.found[this.at]);
  }

  /** @param {string} id */
  toNote(id) {
    const at = this.layout.notes.get(id);
    if (!at) return;
    this.camera.center(at);
    this.focus = id;
    this.items();
  }

  /** @param {string} at an island or a table */
  lookAt(at) {
    this.only = undefined;
    requestAnimationFrame(() => {
      this.draw();
      const there = this.layout.islands.get(at) ?? this.layout.sheets.find(({ id }) => id === at);
      if (there) this.fit(this.layout.islands.has(at) ? { ...there, x: there.x - 40, w: there.w + 80 } : filled(this.layout, there));
    });
  }

  /** Where a new note goes when it is written beside the canvas. @param {boolean} isSeen @returns {{table?: string}} */
  middle(isSeen) {
    return isSeen && this.only ? { table: this.only } : {};
  }

  #listen() {
    const { root, side } = this;
    root.addEventListener("keydown", (event) => onKey(this, event));
    root.addEventListener("focusin", (event) => {
      const note = /** @type {HTMLElement} */ (event.target).dataset.note;
      root.scrollTo(0, 0); // the browser would scroll what we move by a transform
      if (note) this.#inSight(note);
    });
    const on = (/** @type {string} */ selector, /** @type {() => void} */ run) => side.querySelector(selector)?.addEventListener("click", run);
    on("[data-zoom-in]", () => this.camera.zoomBy(1.25));
    on("[data-zoom-out]", () => this.camera.zoomBy(0.8));
    on("[data-fit]", () => this.fit());
    on("[data-add-island]", () => {
      const id = gather(this.board, [], "", undefined, this.only);
      this.board.say(this.board.t("made_island"));
      this.board.open(id, "title");
    });
    side.querySelector("[data-sheet]")?.addEventListener("change", (event) => {
      const { value } = /** @type {HTMLSelectElement} */ (event.target);
      this.only = value === "all" ? undefined : value.slice(2);
      this.draw();
      this.fit();
    });
    new ResizeObserver(() => this.isFitted && this.camera.place()).observe(root);
  }

  /** @param {string} id */
  #inSight(id) {
    const old = this.drawn.get(this.focus)?.node;
    if (old && this.focus !== id) old.tabIndex = -1;
    this.focus = id;
    const at = this.layout.notes.get(id);
    const sight = this.camera.sight(-24);
    if (at && !(at.x >= sight.x && at.y >= sight.y && at.x + at.w <= sight.x + sight.w && at.y + at.h <= sight.y + sight.h)) this.camera.center(at);
  }
}
