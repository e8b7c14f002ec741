// @ts-check
/**
 * ボード: notes as elements on one plane that is moved by a single transform. Drags are seen by
 * nobody until the one move at their end; every drag has a key (M, G, arrows) beside it.
 */

import {
  actsOf, gather, isAt, isBlank, isChosen, isThere, islandName, mayMove, mayVote, memberName, placeAt, remove, shift, tableName, vote, may,
} from "./acts.js";
import { h, icon, svg } from "./dom.js";
import { filled, laidOut, onSheet, rowOf, tablesOf } from "./places.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./places.js").Layout} Layout */

const ZOOMS = { least: 0.1, most: 2.5 };
const CULL = 1_000; // notes above which only those in sight are drawn
const AT_ONCE = 40; // notes made in one frame while the board is moved
const MAP = 200; // notes above which the little map helps
const MARGIN = 500; // drawn around what is in sight, in units
const SLOP = 5; // pixels a finger may shake before it drags
const STEP = 80;
const NUDGE = 40;
const FAR = 0.86; // where an island's own buttons would be under 24 px: a tap on it does the same
const READABLE = 0.45; // the zoom under which a note cannot be read

export class Canvas {
  /** @param {Board} board @param {HTMLElement} root */
  constructor(board, root) {
    this.board = board;
    this.root = root;
    this.plane = /** @type {HTMLElement} */ (root.querySelector("[data-plane]"));
    this.lines = /** @type {SVGElement} */ (root.querySelector("[data-lines]"));
    this.side = /** @type {HTMLElement} */ (root.closest("[data-canvas-side]"));
    this.map = /** @type {SVGElement} */ (this.side.querySelector("[data-map]"));
    this.x = 0;
    this.y = 0;
    this.zoom = 1;
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
    /** @type {Map<number, {x: number, y: number}>} */
    this.fingers = new Map();
    /** @type {null | {id: string, isIsland: boolean, node: HTMLElement, dx: number, dy: number, sx: number, sy: number, isMoving: boolean}} */
    this.held = null;
    this.pinch = 0;
    this.#listen();
  }

  // -- drawing ----------------------------------------------------------------------------------

  draw() {
    const { board } = this;
    const state = board.state();
    if (this.only !== undefined && !tablesOf(state).includes(this.only)) this.only = undefined;
    this.layout = laidOut(state, this.only);
    this.#sheets();
    this.#items();
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
    if (!sheet && this.zoom < READABLE) this.fit(filled(this.layout, this.layout.sheets[0]));
    this.draw();
  }

  /** @param {{x: number, y: number, w: number, h: number}} [box] */
  fit(box = this.#extent()) {
    const { clientWidth: w, clientHeight: h } = this.root;
    const zoom = Math.min(w / (box.w + 60), h / (box.h + 110), 1);
    this.zoom = Math.max(ZOOMS.least, zoom);
    this.x = (w - box.w * this.zoom) / 2 - box.x * this.zoom;
    this.y = Math.min(64, Math.max(16, (h - box.h * this.zoom) / 2)) - box.y * this.zoom;
    this.#place();
  }

  #extent() {
    const { all, sheets } = this.layout;
    const boxes = sheets.map((sheet) => filled(this.layout, sheet));
    return { ...all, h: Math.max(...boxes.map(({ h: high }) => high)), ...(boxes.length === 1 ? { w: boxes[0].w } : {}) };
  }

  /** @param {number} by @param {number} [cx] @param {number} [cy] where it stays put, in pixels */
  zoomBy(by, cx = this.root.clientWidth / 2, cy = this.root.clientHeight / 2) {
    const zoom = Math.min(ZOOMS.most, Math.max(ZOOMS.least, this.zoom * by));
    this.x = cx - ((cx - this.x) / this.zoom) * zoom;
    this.y = cy - ((cy - this.y) / this.zoom) * zoom;
    this.zoom = zoom;
    this.#place();
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#place();
  }

  #place() {
    const { w, h, x, y } = this.layout.all;
    const { clientWidth, clientHeight } = this.root;
    const keep = 120; // pixels of the board that always stay in sight
    this.x = Math.min(clientWidth - keep - x * this.zoom, Math.max(keep - (x + w) * this.zoom, this.x));
    this.y = Math.min(clientHeight - keep - y * this.zoom, Math.max(keep - (y + h) * this.zoom, this.y));
    this.plane.style.setProperty("transform", `translate(${this.x}px, ${this.y}px) scale(${this.zoom})`);
    this.plane.classList.toggle("is-far", this.zoom < FAR);
    const word = /** @type {HTMLElement} */ (this.side.querySelector("[data-zoom]"));
    word.textContent = this.board.t("zoom", { n: Math.round(this.zoom * 100) });
    this.#view();
    if (this.layout.notes.size > CULL && !holds(this.culled, this.#sight())) this.#items(true);
  }

  /** What is in sight, in units. @param {number} [margin] */
  #sight(margin = 0) {
    const { clientWidth: w, clientHeight: h } = this.root;
    return { x: -this.x / this.zoom - margin, y: -this.y / this.zoom - margin, w: w / this.zoom + 2 * margin, h: h / this.zoom + 2 * margin };
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
  #items(isMoved = false) {
    const { board, layout } = this;
    const state = board.state();
    const isCulled = layout.notes.size > CULL;
    const sight = this.#sight(MARGIN);
    let left = isMoved ? AT_ONCE : Infinity;
    const keep = new Set();
    const active = document.activeElement;
    for (const [id, at] of layout.islands) {
      if (isCulled && !meets(at, sight)) continue;
      keep.add(id);
      if (isMoved && this.drawn.has(id)) continue;
      const island = state.islands[id];
      const can = isAt(board, island.table) && may(board, "island.move");
      const sig = JSON.stringify([island, at.notes.size, can, state.look === id]);
      this.#put(id, sig, at, () => this.#island(id, at.notes.size, can));
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
      const sig = JSON.stringify([note.text, note.color, note.veil, note.by === board.me, votes, who, isFound, this.word !== "", isChosen(board, id), state.tally !== null, board.store.isWaiting(id), mayMove(board, id)]);
      this.#put(id, sig, at, () => this.#note(id, votes, who, isFound));
    }
    if (left >= 0) this.culled = sight;
    else requestAnimationFrame(() => this.#items(true)); // the rest in the next frame
    for (const [id, { node }] of this.drawn) {
      if (isMoved && this.drawn.size < CULL * 2) break; // what went out of sight costs little
      if (keep.has(id) || this.held?.id === id) continue;
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
    if (this.held?.id !== id || !this.held.isMoving) box(there.node, at);
  }

  /** @param {string} id @param {number} votes @param {string} who @param {boolean} isFound */
  #note(id, votes, who, isFound) {
    const { board } = this;
    const state = board.state();
    const note = state.notes[id];
    if (isBlank(note, board.me)) return h("div", { class: `note note--${note.color} note--blank`, "data-note": id, "aria-hidden": "true" });
    const island = note.island ? board.t("on_island", { text: islandName(board, note.island) }) : board.t("on_none");
    const own = note.by === board.me ? board.t("own") : "";
    const said = [note.text, own, island, votes ? board.t("n_votes", { n: votes }) : "", isChosen(board, id) ? board.t("chosen") : ""].filter(Boolean).join("　");
    const isDimmed = this.word !== "" && !isFound;
    return h(
      "div",
      {
        class: `note note--${note.color}${isFound ? " is-found" : ""}${isDimmed ? " is-dim" : ""}${mayMove(board, id) ? " is-loose" : ""}`,
        "data-note": id,
        role: "button",
        "aria-roledescription": board.t("a_note"),
        "aria-label": said,
        "aria-haspopup": "dialog",
      },
      h("span", { class: "note__t", text: note.text }),
      h(
        "span",
        { class: "note__foot", "aria-hidden": "true" },
        own ? h("span", { class: "note__own", text: own }) : who ? h("span", { class: "note__by", text: who }) : null,
        board.store.isWaiting(id) ? h("span", { text: board.t("waits") }) : null,
        votes || isChosen(board, id) ? h("span", { class: "note__votes" }, icon("star"), votes ? String(votes) : board.t("chosen")) : null,
      ),
    );
  }

  /** @param {string} id @param {number} n @param {boolean} can */
  #island(id, n, can) {
    const { board } = this;
    const state = board.state();
    const tools = h("span", { class: "island__acts" });
    if (can) {
      const tool = (/** @type {string} */ word, /** @type {string} */ drawing, /** @type {() => void} */ run) =>
        tools.append(h("button", { type: "button", class: "island__act", "aria-label": board.t(word) + board.t("of_island", { text: islandName(board, id) }), onclick: run }, icon(drawing)));
      tool("act_title", "pen", () => board.open(id, "title"));
      tool("more_acts", "more", () => board.open(id, "island"));
    }
    return h(
      "section",
      { class: `island${can ? " is-loose" : ""}${state.look === id ? " is-looked" : ""}`, "data-island": id, "aria-label": islandName(board, id) },
      h("h3", { class: "island__h" }, h("span", { text: islandName(board, id) }), h("span", { class: "island__n", text: board.t("n_notes", { n }) }), tools),
    );
  }

  #lines() {
    const { board, layout } = this;
    const state = board.state();
    const made = [];
    for (const { a, b, word } of Object.values(state.links)) {
      const [from, to] = [layout.islands.get(a), layout.islands.get(b)];
      if (!from || !to) continue;
      const [p, q] = [edge(from, to), edge(to, from)];
      made.push(svg("path", { class: "tie", d: `M${p.x} ${p.y}L${q.x} ${q.y}` }));
      if (word) {
        const words = svg("text", { class: "tie__w", x: (p.x + q.x) / 2, y: (p.y + q.y) / 2 - 6, "text-anchor": "middle" });
        words.textContent = word;
        made.push(words);
      }
    }
    this.lines.replaceChildren(...made);
    this.lines.setAttribute("width", String(layout.all.w));
    this.lines.setAttribute("height", String(layout.all.h));
    this.#map();
  }

  #map() {
    const { layout } = this;
    const has = layout.notes.size > MAP;
    const place = /** @type {HTMLElement} */ (this.map.closest("[data-map-box]"));
    this.map.toggleAttribute("hidden", !has);
    place.classList.toggle("has-map", has);
    if (!has) return;
    const { w, h: high } = layout.all;
    this.map.setAttribute("viewBox", `0 0 ${w} ${high}`);
    const isles = [...layout.islands.values()].map((at) => `M${at.x} ${at.y}h${at.w}v${at.h}h-${at.w}z`).join("");
    const loose = [...layout.notes].filter(([id]) => !this.board.state().notes[id].island).map(([, at]) => `M${at.x} ${at.y}h${at.w}v${at.h}h-${at.w}z`).join("");
    this.map.replaceChildren(svg("rect", { class: "mm__sea", width: w, height: high }), svg("path", { class: "mm__isle", d: isles }), svg("path", { class: "mm__loose", d: loose }), svg("rect", { class: "mm__view" }));
    this.#view();
  }

  #view() {
    const rect = this.map.querySelector(".mm__view");
    if (!rect) return;
    const sight = this.#sight();
    for (const [name, value] of [["x", sight.x], ["y", sight.y], ["width", sight.w], ["height", sight.h]]) rect.setAttribute(String(name), String(value));
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
    this.center(at);
    this.focus = id;
    this.#items();
  }

  /** @param {{x: number, y: number, w: number, h: number}} at */
  center(at) {
    const { clientWidth: w, clientHeight: h } = this.root;
    this.x = w / 2 - (at.x + at.w / 2) * this.zoom;
    this.y = h / 2 - (at.y + at.h / 2) * this.zoom;
    this.#place();
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

  // -- hands ------------------------------------------------------------------------------------

  #listen() {
    const { root, side } = this;
    root.addEventListener("pointerdown", (event) => this.#down(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) root.addEventListener(name, (event) => this.#up(/** @type {PointerEvent} */ (event)));
    root.addEventListener(
      "wheel",
      (event) => {
        if (event.ctrlKey || event.metaKey) {
          event.preventDefault();
          const { left, top } = root.getBoundingClientRect();
          this.zoomBy(Math.exp(-event.deltaY / 240), event.clientX - left, event.clientY - top);
        } else if (document.documentElement.scrollHeight <= innerHeight + 1) {
          event.preventDefault(); // where the page itself scrolls, the wheel is the page's
          this.pan(-(event.shiftKey ? event.deltaY : event.deltaX), event.shiftKey ? 0 : -event.deltaY);
        }
      },
      { passive: false },
    );
    root.addEventListener("keydown", (event) => this.#keydown(event));
    root.addEventListener("focusin", (event) => {
      const note = /** @type {HTMLElement} */ (event.target).dataset.note;
      root.scrollTo(0, 0); // the browser would scroll what we move by a transform
      if (note) this.#inSight(note);
    });
    const on = (/** @type {string} */ selector, /** @type {() => void} */ run) => side.querySelector(selector)?.addEventListener("click", run);
    on("[data-zoom-in]", () => this.zoomBy(1.25));
    on("[data-zoom-out]", () => this.zoomBy(0.8));
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
    this.map.addEventListener("click", (event) => {
      const { left, top, width, height } = this.map.getBoundingClientRect();
      const { w, h: high } = this.layout.all;
      const scale = Math.max(w / width, high / height);
      this.center({ x: (event.clientX - left - (width - w / scale) / 2) * scale, y: (event.clientY - top - (height - high / scale) / 2) * scale, w: 0, h: 0 });
    });
    new ResizeObserver(() => this.isFitted && this.#place()).observe(root);
  }

  /** @param {PointerEvent} event @returns {{x: number, y: number}} in units of the plane */
  #units(event) {
    const { left, top } = this.root.getBoundingClientRect();
    return { x: (event.clientX - left - this.x) / this.zoom, y: (event.clientY - top - this.y) / this.zoom };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("button")) return;
    this.root.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.fingers.size > 1) {
      this.#letGo();
      this.pinch = 0;
      return;
    }
    const note = /** @type {HTMLElement | null} */ (target.closest("[data-note]"));
    const island = /** @type {HTMLElement | null} */ (target.closest("[data-island]"));
    const node = note ?? island;
    if (!node) return;
    const id = (note ? note.dataset.note : island?.dataset.island) ?? "";
    const at = note ? this.layout.notes.get(id) : this.layout.islands.get(id);
    if (!at || (note && isBlank(this.board.state().notes[id], this.board.me))) return;
    const { x, y } = this.#units(event);
    this.held = { id, isIsland: !note, node, dx: x - at.x, dy: y - at.y, sx: event.clientX, sy: event.clientY, isMoving: false };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    if (this.fingers.size === 2) return this.#pinched(event.pointerId, before, now);
    this.fingers.set(event.pointerId, now);
    const { held } = this;
    const can = held && (held.isIsland ? held.node.classList.contains("is-loose") : mayMove(this.board, held.id));
    if (!held || !can) {
      if (held && Math.hypot(now.x - held.sx, now.y - held.sy) > SLOP) this.held = null; // it cannot be moved: the board is
      if (!this.held) this.pan(now.x - before.x, now.y - before.y);
      return;
    }
    if (!held.isMoving && Math.hypot(now.x - held.sx, now.y - held.sy) < SLOP) return;
    if (!held.isMoving) {
      held.isMoving = true;
      held.node.classList.add("is-held");
    }
    const { x, y } = this.#units(event);
    place(held.node, x - held.dx, y - held.dy);
    if (held.isIsland) this.#carry(held.id, x - held.dx, y - held.dy);
    else this.#aim(x, y, held.id);
  }

  /** Notes go with their island. @param {string} id @param {number} x @param {number} y */
  #carry(id, x, y) {
    const at = this.layout.islands.get(id);
    if (!at) return;
    for (const [note, box] of at.notes) {
      const there = this.drawn.get(note);
      if (there) place(there.node, box.x + x - at.x, box.y + y - at.y);
    }
  }

  /** Show where a note would go. @param {number} x @param {number} y @param {string} id */
  #aim(x, y, id) {
    for (const node of this.plane.querySelectorAll(".is-aim")) node.classList.remove("is-aim");
    const to = this.#under(x, y, id);
    if (to) this.drawn.get(to.id)?.node.classList.add("is-aim");
  }

  /** What lies under a point: an island, or a loose note. @param {number} x @param {number} y @param {string} but */
  #under(x, y, but) {
    const { notes } = this.board.state();
    const inside = (/** @type {any} */ at) => x >= at.x && x <= at.x + at.w && y >= at.y && y <= at.y + at.h;
    for (const [id, at] of this.layout.islands) if (inside(at)) return { id, isIsland: true };
    for (const [id, at] of this.layout.notes) {
      if (id !== but && !notes[id].island && inside(at) && !isBlank(notes[id], this.board.me)) return { id, isIsland: false };
    }
    return null;
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.fingers.delete(event.pointerId)) return;
    this.pinch = 0;
    const { held } = this;
    this.held = null;
    for (const node of this.plane.querySelectorAll(".is-aim")) node.classList.remove("is-aim");
    if (!held) return;
    held.node.classList.remove("is-held");
    if (event.type === "pointercancel") return this.board.store.ears.changed();
    if (!held.isMoving) {
      if (held.isIsland) return held.node.classList.contains("is-loose") ? this.board.open(held.id, "island") : undefined;
      this.focus = held.id;
      held.node.focus({ preventScroll: true });
      if (mayVote(this.board, held.id)) vote(this.board, held.id);
      else this.#menu(held.id);
      return;
    }
    const { x, y } = this.#units(event);
    if (held.isIsland) this.#dropIsland(held.id, x - held.dx, y - held.dy);
    else this.#drop(held.id, x, y, x - held.dx, y - held.dy);
    this.board.store.ears.changed();
  }

  #letGo() {
    if (!this.held) return;
    this.held.node.classList.remove("is-held");
    this.held = null;
    this.board.store.ears.changed();
  }

  /** @param {number} pointer @param {{x: number, y: number}} before @param {{x: number, y: number}} now */
  #pinched(pointer, before, now) {
    const other = [...this.fingers].find(([id]) => id !== pointer)?.[1];
    this.fingers.set(pointer, now);
    if (!other) return;
    const { left, top } = this.root.getBoundingClientRect();
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(now.x - other.x, now.y - other.y);
    this.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    if (was > 0) this.zoomBy(is / was, (now.x + other.x) / 2 - left, (now.y + other.y) / 2 - top);
  }

  /** One move on drop. @param {string} id @param {number} px @param {number} py the pointer @param {number} x @param {number} y the note's corner */
  #drop(id, px, py, x, y) {
    const { board } = this;
    const state = board.state();
    const to = this.#under(px, py, id);
    if (to?.isIsland && may(board, "note.place")) {
      const row = rowOf(state, to.id).filter((one) => one !== id);
      const before = row.findIndex((one) => {
        const at = this.layout.notes.get(one);
        return at && (py < at.y || (py < at.y + at.h && px < at.x + at.w / 2));
      });
      if (!isAt(board, state.islands[to.id].table)) return board.notice(board.t("other_table"));
      placeAt(board, id, to.id, row, before < 0 ? row.length : before);
      return board.say(board.t("moved", { where: islandName(board, to.id) }));
    }
    if (to && !to.isIsland && may(board, "island.add") && state.notes[to.id].table === state.notes[id].table) {
      const made = gather(board, [to.id, id], "");
      board.say(board.t("made_island"));
      return board.open(made, "title");
    }
    const there = onSheet(this.layout, x, y);
    const note = state.notes[id];
    const helps = ["lead", "helper"].includes(state.members[board.me]?.role);
    const crosses = Boolean(state.tables[there.table]) && there.table !== note.table;
    if (crosses && !helps) return board.notice(board.t("other_table"));
    board.store.act({ op: "note.move", id, x: there.x, y: there.y, ...(crosses ? { table: there.table } : {}) });
  }

  /** @param {string} id @param {number} x @param {number} y */
  #dropIsland(id, x, y) {
    const island = this.board.state().islands[id];
    const sheet = this.layout.sheets.find((one) => one.id === (this.board.state().tables[island.table] ? island.table : ""));
    const there = onSheet(this.layout, x, y);
    this.board.store.act({ op: "island.move", id, x: Math.max(0, Math.round(x - (sheet?.x ?? 0))), y: Math.max(0, there.y) });
  }

  // -- keys -------------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  #keydown(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("textarea, input, select, button") || event.ctrlKey || event.metaKey || event.altKey) return;
    const note = target.dataset.note ?? "";
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = /** @type {Record<string, number[]>} */ (ways)[event.key];
    if (way && note && event.shiftKey) this.#nudge(note, way);
    else if (way && note) this.#towards(note, way);
    else if (way) this.pan(-way[0] * STEP, -way[1] * STEP);
    else if (event.key === "+" || event.key === ";") this.zoomBy(1.25);
    else if (event.key === "-") this.zoomBy(0.8);
    else if (event.key === "0") this.fit();
    else if (note && (event.key === "Enter" || event.key === " ")) {
      if (event.key === "Enter" && actsOf(this.board, note).some(({ key }) => key === "text")) this.board.open(note, "text");
      else this.#menu(note);
    } else if (!note || !this.key(event.key, note)) return;
    event.preventDefault();
  }

  /** Shift and an arrow: a note by a little, or on its island one place. @param {string} id @param {number[]} way */
  #nudge(id, [dx, dy]) {
    const note = this.board.state().notes[id];
    if (!mayMove(this.board, id)) return;
    if (note.island) return shift(this.board, id, dx + dy);
    this.board.store.act({ op: "note.move", id, x: note.x + dx * NUDGE, y: Math.max(0, note.y + dy * NUDGE) });
  }

  /** M, G, V, Delete on a note, in both views. @param {string} pressed @param {string} id @returns {boolean} whether it means something here */
  key(pressed, id) {
    const offered = new Set(actsOf(this.board, id).map(({ key }) => key));
    const key = pressed.toLowerCase();
    if (key === "m" && offered.has("move")) this.board.open(id, "move");
    else if (key === "g" && offered.has("group")) this.board.open(id, "group");
    else if (key === "v" && offered.has("vote")) vote(this.board, id);
    else if (key === "delete" && offered.has("del")) remove(this.board, id);
    else return false;
    return true;
  }

  /** @param {string} id */
  #menu(id) {
    const acts = actsOf(this.board, id);
    if (acts.length) this.board.open(id, "all");
  }

  /** The nearest note that way. @param {string} from @param {number[]} way */
  #towards(from, [dx, dy]) {
    const at = this.layout.notes.get(from);
    if (!at) return;
    const { notes } = this.board.state();
    let best = "";
    let least = Infinity;
    for (const [id, to] of this.layout.notes) {
      if (id === from || isBlank(notes[id], this.board.me)) continue;
      const x = to.x + to.w / 2 - at.x - at.w / 2;
      const y = to.y + to.h / 2 - at.y - at.h / 2;
      const along = x * dx + y * dy;
      if (along <= 4) continue;
      const cost = along + 2 * Math.abs(x * dy) + 2 * Math.abs(y * dx);
      if (cost < least) [best, least] = [id, cost];
    }
    if (!best) return;
    const old = this.drawn.get(this.focus)?.node;
    if (old) old.tabIndex = -1;
    this.focus = best;
    this.#items();
    this.drawn.get(best)?.node.focus({ preventScroll: true });
  }

  /** @param {string} id */
  #inSight(id) {
    const old = this.drawn.get(this.focus)?.node;
    if (old && this.focus !== id) old.tabIndex = -1;
    this.focus = id;
    const at = this.layout.notes.get(id);
    const sight = this.#sight(-24);
    if (at && !(at.x >= sight.x && at.y >= sight.y && at.x + at.w <= sight.x + sight.w && at.y + at.h <= sight.y + sight.h)) this.center(at);
  }
}

/** @param {HTMLElement} node @param {{x: number, y: number, w: number, h: number}} at */
function box(node, { x, y, w, h: high }) {
  place(node, x, y);
  const size = `${w} ${high}`;
  if (node.dataset.size === size) return;
  node.dataset.size = size;
  node.style.setProperty("width", `${w}px`);
  node.style.setProperty("height", `${high}px`);
}

/** @param {HTMLElement} node @param {number} x @param {number} y */
function place(node, x, y) {
  const at = `${x}px ${y}px`;
  if (node.dataset.at === at) return;
  node.dataset.at = at;
  node.style.setProperty("translate", at);
}

/** @param {{x: number, y: number, w: number, h: number}} a @param {{x: number, y: number, w: number, h: number}} b */
const meets = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** @param {{x: number, y: number, w: number, h: number}} a @param {{x: number, y: number, w: number, h: number}} b */
const holds = (a, b) => a.x <= b.x && a.y <= b.y && a.x + a.w >= b.x + b.w && a.y + a.h >= b.y + b.h;

/** Where the line to `to` leaves a box. @param {any} from @param {any} to */
function edge(from, to) {
  const [x, y] = [from.x + from.w / 2, from.y + from.h / 2];
  const [dx, dy] = [to.x + to.w / 2 - x, to.y + to.h / 2 - y];
  const scale = Math.min(dx ? from.w / 2 / Math.abs(dx) : Infinity, dy ? from.h / 2 / Math.abs(dy) : Infinity, 1);
  return { x: x + dx * scale, y: y + dy * scale };
}
