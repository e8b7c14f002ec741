// @ts-check
/** What lies on the canvas as elements: notes, islands, the lines between them, and their places. */

import { isBlank, isChosen, islandName, mayMove } from "./acts.js";
import { h, icon, svg } from "./dom.js";
import { edge } from "./places.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./places.js").Box} Box @typedef {import("./places.js").Layout} Layout */

/** @typedef {{votes: number, who: string, mover: string, isFound: boolean, isDim: boolean}} About */

/** @param {Board} board @param {string} id @param {About} about */
export function drawNote(board, id, { votes, who, mover, isFound, isDim }) {
  const state = board.state();
  const note = state.notes[id];
  if (isBlank(note, board.me)) return h("div", { class: `note note--${note.color} note--blank`, "data-note": id, "aria-hidden": "true" });
  const island = note.island ? board.t("on_island", { text: islandName(board, note.island) }) : board.t("on_none");
  const own = note.by === board.me ? board.t("own") : "";
  const meant = note.color <= board.colors ? board.t(`color_${note.color}`) : "";
  const said = [note.text, meant, own, island, votes ? board.t("n_votes", { n: votes }) : "", isChosen(board, id) ? board.t("chosen") : "", mover].filter(Boolean).join("　");
  return h(
    "div",
    {
      class: `note note--${note.color}${isFound ? " is-found" : ""}${isDim ? " is-dim" : ""}${mayMove(board, id) ? " is-loose" : ""}${mover ? " is-moved" : ""}`,
      "data-note": id,
      role: "button",
      "aria-roledescription": board.t("a_note"),
      "aria-label": said,
      "aria-haspopup": "dialog",
    },
    mover ? h("span", { class: "canvas__who", "aria-hidden": "true", text: mover }) : null,
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

/** @param {Board} board @param {string} id @param {{n: number, can: boolean, mover: string}} about */
export function drawIsland(board, id, { n, can, mover }) {
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
    { class: `island${can ? " is-loose" : ""}${state.look === id ? " is-looked" : ""}${mover ? " is-moved" : ""}`, "data-island": id, "aria-label": islandName(board, id) },
    mover ? h("span", { class: "canvas__who", text: mover }) : null,
    h("h3", { class: "island__h" }, h("span", { text: islandName(board, id) }), h("span", { class: "island__n", text: board.t("n_notes", { n }) }), tools),
  );
}

/** @param {Board} board @param {Layout} layout @returns {SVGElement[]} */
export function drawLines(board, layout) {
  const made = [];
  for (const { a, b, word } of Object.values(board.state().links)) {
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
  return made;
}

/** @param {HTMLElement} node @param {Box} at */
export function box(node, { x, y, w, h: high }) {
  place(node, x, y);
  const size = `${w} ${high}`;
  if (node.dataset.size === size) return;
  node.dataset.size = size;
  node.style.setProperty("width", `${w}px`);
  node.style.setProperty("height", `${high}px`);
}

/** @param {HTMLElement} node @param {number} x @param {number} y */
export function place(node, x, y) {
  const at = `${x}px ${y}px`;
  if (node.dataset.at === at) return;
  node.dataset.at = at;
  node.style.setProperty("translate", at);
}
