// @ts-check
/**
 * What somebody may do with notes and islands, and the small forms it takes: one set for the list
 * and for the canvas. The server judges again (`realtime/ops.py`).
 */

import { h, icon, letters } from "./dom.js";
import { afterLast, between, byOrder, membersOf } from "./state.js";
import { newId } from "./sync.js";
import { freeSpot } from "./places.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {{id: string, kind: string, title: string, say: string, minutes: number}} Phase
 * @typedef {{
 *   store: import("./sync.js").Store,
 *   me: string,
 *   phases: Phase[],
 *   questions: string[],
 *   allow: Record<string, string[]>,
 *   t: (name: string, values?: Record<string, string | number>) => string,
 *   state: () => State,
 *   notice: (words: string, quoted?: string) => void,
 *   say: (words: string) => void,
 *   focusNote: (id: string) => void,
 *   open: (id: string, kind: string) => void,
 *   close: () => void,
 * }} Board
 * @typedef {{key: string, word: string, icon?: string, isPressed?: boolean, run: () => void}} Act
 */

export const NOTE = 100;
const TITLE = 60;
const TALK = 200;
const REASON = 200;
const SHIFT = 80; // units an island goes at each press
const HELPS = ["lead", "helper"];

/** @param {Board} board */
export const roleOf = (board) => board.state().members[board.me]?.role ?? "viewer";
/** @param {Board} board */
export const leads = (board) => roleOf(board) === "lead";

/** Whether an operation may be asked for now. @param {Board} board @param {string} op */
export function may(board, op) {
  const state = board.state();
  if (!state.open || !board.allow[state.kind]?.includes(op)) return false;
  if (leads(board)) return true;
  return !state.frozen && !(state.locked && ["note.add", "note.text", "note.copy"].includes(op));
}

/** @param {Board} board @param {string} table */
export function isAt(board, table) {
  const sits = board.state().members[board.me]?.table;
  return HELPS.includes(roleOf(board)) || !table || !sits || table === sits;
}

/** Notes that can be read by somebody here. @param {any} note */
export const isThere = (note) => Boolean(note) && !note.gone && !note.hid;
/** Somebody else's note that is not shown yet. @param {any} note @param {string} me */
export const isBlank = (note, me) => note.veil && note.by !== me;

/** @param {Board} board @param {any} note */
const isMine = (board, note) => note.by === board.me || leads(board);

/** @param {Board} board @param {string} id */
export function mayMove(board, id) {
  const { notes, kind } = board.state();
  const note = notes[id];
  if (!isThere(note) || isBlank(note, board.me) || !isAt(board, note.table) || !may(board, "note.move")) return false;
  return kind === "group" || isMine(board, note);
}

/** How many favourites one may still choose. @param {Board} board */
export const votesLeft = (board) => board.state().budget - Object.keys(board.state().votes[board.me] ?? {}).length;
/** @param {Board} board @param {string} id */
export const isChosen = (board, id) => Boolean(board.state().votes[board.me]?.[id]);

/** @param {Board} board @param {string} id */
export function mayVote(board, id) {
  const note = board.state().notes[id];
  return may(board, "vote.set") && board.state().tally === null && isThere(note) && !note.veil;
}

/** @param {Board} board @param {string} id */
export function vote(board, id) {
  const k = isChosen(board, id) ? 0 : 1;
  if (k && votesLeft(board) < 1) return board.notice(board.t("no_votes"));
  board.store.act({ op: "vote.set", note: id, k });
  board.say(board.t(k ? "voted" : "unvoted", { n: votesLeft(board) }));
}

/** Live islands somebody may put a note on, in the order of the list. @param {Board} board @param {string} [table] */
export function islandsOf(board, table) {
  const { islands } = board.state();
  return Object.keys(islands)
    .filter((id) => !islands[id].gone && (table === undefined || islands[id].table === table))
    .sort((a, b) => byOrder(islands[a].o, a, islands[b].o, b));
}

/** @param {Board} board @param {string} id */
export const islandName = (board, id) => board.state().islands[id]?.title || board.t("island_untitled");
/** @param {Board} board @param {string} id */
export const tableName = (board, id) => board.state().tables[id]?.title ?? board.t("table_none");
/** A name where names are shown. @param {Board} board @param {string} id */
export const memberName = (board, id) => (id === board.me ? board.t("me") : board.state().members[id]?.name || "");

/** Everything that may be done with a note, the likeliest first. @param {Board} board @param {string} id @returns {Act[]} */
export function actsOf(board, id) {
  const state = board.state();
  const note = state.notes[id];
  const { t, store } = board;
  /** @type {Act[]} */
  const found = [];
  if (!note || isBlank(note, board.me)) return found;
  /** @param {boolean} can @param {string} key @param {() => void} run @param {Partial<Act>} [more] */
  const offer = (can, key, run, more = {}) => can && found.push({ key, word: t(`act_${key}`), run, ...more });
  if (note.gone) {
    offer(isMine(board, note) && may(board, "note.back"), "back", () => store.act({ op: "note.back", id }));
    return found;
  }
  if (note.hid) {
    offer(may(board, "note.show"), "show", () => store.act({ op: "note.show", id }));
    return found;
  }
  offer(mayVote(board, id), "vote", () => vote(board, id), { isPressed: isChosen(board, id), icon: "star" });
  const sorts = mayMove(board, id) && may(board, "note.place");
  const changesTable = mayMove(board, id) && HELPS.includes(roleOf(board)) && Object.keys(state.tables).length > 1;
  offer(sorts || changesTable, "move", () => board.open(id, "move"));
  offer(isMine(board, note) && may(board, "note.text"), "text", () => board.open(id, "text"), { icon: "pen" });
  const talks = Object.values(state.talks).filter((one) => one.note === id).length;
  offer(may(board, "talk.add") || talks > 0, "talk", () => board.open(id, "talk"));
  offer(sorts && may(board, "island.add"), "group", () => board.open(id, "group"));
  if (sorts && note.island) {
    const row = membersOf(state, note.island);
    const place = row.indexOf(id);
    offer(place > 0, "up", () => shift(board, id, -1));
    offer(place < row.length - 1, "down", () => shift(board, id, 1));
    offer(true, "ungroup", () => ungroup(board, id));
  }
  offer(may(board, "note.copy") && isAt(board, note.table), "copy", () => copy(board, id));
  offer(isMine(board, note) && may(board, "note.color"), "color", () => board.open(id, "color"));
  offer(isMine(board, note) && may(board, "note.del"), "del", () => remove(board, id));
  offer(may(board, "note.hide") && note.by !== board.me, "hide", () => board.open(id, "hide"));
  return found;
}

/** One place up (-1) or down (1) on its island. @param {Board} board @param {string} id @param {number} by */
export function shift(board, id, by) {
  const state = board.state();
  const island = state.notes[id].island;
  const row = membersOf(state, island);
  const place = row.indexOf(id);
  const rest = row.filter((one) => one !== id);
  const to = place + by;
  if (to < 0 || to >= row.length) return;
  placeAt(board, id, island, rest, to);
  board.focusNote(id);
}

/** Put a note on an island before the `to`th of the others. @param {Board} board @param {string} id @param {string} island @param {string[]} rest @param {number} to */
export function placeAt(board, id, island, rest, to) {
  const { notes } = board.state();
  const low = to > 0 ? notes[rest[to - 1]].o : "";
  const high = to < rest.length ? notes[rest[to]].o : "";
  if (high !== "" && low >= high) return spread(board, id, island, rest, to);
  board.store.act({ op: "note.place", id, island, o: between(low, high) });
}

/** Two notes put somewhere at the same moment share a key: number the whole island anew. @param {Board} board @param {string} id @param {string} island @param {string[]} rest @param {number} to */
function spread(board, id, island, rest, to) {
  const row = [...rest.slice(0, to), id, ...rest.slice(to)];
  board.store.act(...row.map((one, n) => ({ op: "note.place", id: one, island, o: `${String(n + 1).padStart(4, "0")}V` })));
}

/** @param {Board} board @param {string} id */
export function ungroup(board, id) {
  const note = board.state().notes[id];
  board.store.act({ op: "note.move", id, ...freeSpot(board.state(), note.table) });
  board.say(board.t("ungrouped"));
  board.focusNote(id);
}

/** @param {Board} board @param {string} id */
function copy(board, id) {
  const made = newId();
  const { x, y } = freeSpot(board.state(), board.state().notes[id].table);
  board.store.act({ op: "note.copy", id: made, of: id, x, y });
  board.say(board.t("copied"));
  board.focusNote(made);
}

/** @param {Board} board @param {string} id */
export function remove(board, id) {
  board.store.act({ op: "note.del", id });
  board.say(board.t("removed"));
}

/** Write a note. @param {Board} board @param {{text: string, color: number, q: number, island?: string, at?: {x: number, y: number}, table?: string}} note */
export function write(board, { text, color, q, island, at, table }) {
  const state = board.state();
  const id = newId();
  const here = table ?? state.members[board.me]?.table ?? "";
  const beside = Object.values(state.members).filter((one) => one.table === here && one.role !== "lead").length;
  const spot = at ?? freeSpot(state, here, false, Math.min(24, Math.max(1, beside)));
  const on = island ? { island, o: afterLast(state, island) } : {};
  const named = table !== undefined && table !== "" ? { table } : {};
  board.store.act({ op: "note.add", id, text, color, q, ...spot, ...on, ...named });
  return id;
}

/** A new island with these notes, where the first of them lies. @param {Board} board @param {string[]} notes @param {string} title @param {{x: number, y: number}} [at] @param {string} [table] */
export function gather(board, notes, title, at, table) {
  const state = board.state();
  const id = newId();
  const first = state.notes[notes[0]];
  const here = first?.table ?? table ?? state.members[board.me]?.table ?? "";
  const last = islandsOf(board).at(-1);
  const spot = at ?? (first && !first.island ? { x: first.x, y: first.y } : freeSpot(state, here, true));
  const o = between(last ? state.islands[last].o : "", "");
  const named = HELPS.includes(roleOf(board)) && here ? { table: here } : {};
  board.store.act({ op: "island.add", id, title, notes, o, ...spot, ...named });
  return id;
}

// -- small forms ------------------------------------------------------------------------------

/** The form for one thing to do with a note. @param {Board} board @param {string} id @param {string} kind @returns {HTMLElement} */
export function panel(board, id, kind) {
  const making = { move: mover, text: editor, talk: talks, group: grouper, color: colors, hide: hider, more: menu, all: menu }[kind];
  if (!making) throw new Error(kind);
  const box = h("div", { class: "mover", role: "group", "data-panel": kind });
  const label = `${kind}-${id}`;
  box.setAttribute("aria-labelledby", label);
  const note = board.state().notes[id];
  const asked = h("p", { class: "mover__t", id: label, text: board.t(`ask_${kind}`, { text: short(note?.text ?? "") }) });
  box.append(asked, ...making(board, id, kind));
  const done = h("button", { type: "button", class: "button button--quiet button--small", text: board.t("cancel"), onclick: () => leave(board, id) });
  (box.querySelector("[data-ends]") ?? box).append(done);
  box.addEventListener("keydown", (event) => {
    if (/** @type {KeyboardEvent} */ (event).key === "Escape") {
      event.stopPropagation();
      leave(board, id);
    }
  });
  return box;
}

/** @param {Board} board @param {string} id */
function leave(board, id) {
  board.close();
  board.focusNote(id);
}

/** @param {string} text */
export const short = (text) => (letters(text) > 24 ? `${[...text].slice(0, 23).join("")}…` : text);

/** @param {Board} board @param {string} id @param {string} word @param {() => void} run @param {string} [style] @param {string} [drawing] */
function choice(board, id, word, run, style = "plain", drawing = "") {
  const act = () => {
    board.close();
    run();
    board.focusNote(id);
  };
  return h("button", { type: "button", class: `button button--${style} button--small`, onclick: act }, drawing ? icon(drawing) : null, word);
}

/** @param {Board} board @param {string} id @returns {Node[]} */
function mover(board, id) {
  const state = board.state();
  const note = state.notes[id];
  const helps = HELPS.includes(roleOf(board));
  const to = h("div", { class: "mover__to" });
  if (may(board, "note.place")) {
    for (const island of islandsOf(board, helps ? undefined : note.table)) {
      if (island === note.island) continue;
      const put = () => {
        board.store.act({ op: "note.place", id, island, o: afterLast(board.state(), island) });
        board.say(board.t("moved", { where: islandName(board, island) }));
      };
      to.append(choice(board, id, islandName(board, island), put));
    }
    if (note.island) to.append(choice(board, id, board.t("act_ungroup"), () => ungroup(board, id)));
    if (may(board, "island.add")) {
      to.append(
        choice(board, id, board.t("new_island"), () => {
          const made = gather(board, [id], "");
          board.say(board.t("made_island"));
          board.open(made, "title");
        }, "outline", "plus"),
      );
    }
  }
  const tables = helps ? Object.keys(state.tables).filter((one) => one !== note.table) : [];
  for (const table of tables.sort((a, b) => byOrder(state.tables[a].o, a, state.tables[b].o, b))) {
    const put = () => board.store.act({ op: "note.move", id, table, ...freeSpot(board.state(), table) });
    to.append(choice(board, id, board.t("to_table", { table: tableName(board, table) }), put));
  }
  return [to];
}

/** @param {Board} board @param {string} id @param {string} kind "all", or "more": without the first @returns {Node[]} */
function menu(board, id, kind) {
  const to = h("div", { class: "mover__to" });
  for (const act of actsOf(board, id).slice(kind === "more" ? 1 : 0)) {
    const opens = ["move", "text", "talk", "group", "color", "hide"].includes(act.key);
    const run = () => {
      if (!opens) board.close();
      act.run();
      if (!opens && act.key !== "del") board.focusNote(id);
    };
    to.append(h("button", { type: "button", class: "button button--plain button--small", "data-act": act.key, onclick: run }, act.icon ? icon(act.icon) : null, act.word));
  }
  return [to];
}

/**
 * A labelled field with a counter, and its button.
 * @param {Board} board
 * @param {{label: string, value: string, limit: number, send: string, rows?: number, required?: boolean, done: (text: string) => void}} about
 * @returns {HTMLElement}
 */
export function field(board, { label, value, limit, send, rows = 2, required = true, done }) {
  const id = newId();
  const count = h("p", { class: "field__count", id: `${id}-c` });
  const box = h("textarea", { class: "input", id, rows, "aria-describedby": `${id}-c`, "data-autofocus": true });
  box.defaultValue = value;
  const tell = () => {
    count.textContent = board.t("counted", { n: letters(box.value), limit });
    count.classList.toggle("field__error", letters(box.value) > limit);
  };
  box.addEventListener("input", tell);
  tell();
  const form = h(
    "form",
    { class: "mini-form", novalidate: true },
    h("label", { class: "field__label", for: id, text: label }),
    box,
    count,
    h("div", { class: "mover__to", "data-ends": true }, h("button", { type: "submit", class: "button button--small", text: send })),
  );
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    if (letters(box.value) > limit) return board.notice(board.t("too_long", { limit }));
    if (required && !box.value.trim()) return box.focus();
    box.defaultValue = box.value;
    done(box.value);
  });
  sends(box, form);
  return form;
}

/** Ctrl+Enter sends, as a line break must stay a line break. @param {HTMLElement} box @param {HTMLFormElement} form */
export function sends(box, form) {
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

/** @param {Board} board @param {string} id @returns {Node[]} */
function editor(board, id) {
  const note = board.state().notes[id];
  const base = note.v;
  const done = (/** @type {string} */ text) => {
    leave(board, id);
    if (text !== note.text) board.store.act({ op: "note.text", id, text, base });
  };
  return [field(board, { label: board.t("note_label"), value: note.text, limit: NOTE, send: board.t("save"), done })];
}

/** @param {Board} board @param {string} id @returns {Node[]} */
function hider(board, id) {
  const done = (/** @type {string} */ reason) => {
    board.close();
    board.store.act({ op: "note.hide", id, reason });
  };
  return [field(board, { label: board.t("hide_reason"), value: "", limit: REASON, send: board.t("act_hide"), done })];
}

/** @param {Board} board @param {string} id @returns {Node[]} */
function talks(board, id) {
  const state = board.state();
  const list = h("ul", { class: "talks" });
  for (const [key, one] of Object.entries(state.talks)) {
    if (one.note !== id) continue;
    const who = memberName(board, one.by);
    const mine = (one.by === board.me || leads(board)) && may(board, "talk.del");
    const drop = () => {
      board.store.act({ op: "talk.del", id: key });
      board.open(id, "talk");
    };
    list.append(
      h("li", {}, who ? h("b", { text: who }) : null, h("span", { text: one.text }),
        mine ? h("button", { type: "button", class: "button button--quiet button--small", text: board.t("talk_drop"), onclick: drop }) : null),
    );
  }
  if (!list.children.length) list.append(h("li", { class: "sub", text: board.t("talk_none") }));
  if (!may(board, "talk.add")) return [list];
  const done = (/** @type {string} */ text) => {
    board.store.act({ op: "talk.add", id: newId(), note: id, text });
    board.open(id, "talk");
  };
  return [list, field(board, { label: board.t("talk_label"), value: "", limit: TALK, send: board.t("send"), done })];
}

/** @param {Board} board @param {string} id @returns {Node[]} */
function colors(board, id) {
  const now = board.state().notes[id].color;
  const to = h("div", { class: "mover__to" });
  for (const color of [1, 2, 3, 4]) {
    const made = choice(board, id, board.t(`color_${color}`), () => board.store.act({ op: "note.color", id, color }));
    made.classList.add("swatch", `swatch--${color}`);
    made.setAttribute("aria-pressed", String(color === now));
    to.append(made);
  }
  return [to];
}

/** Which others go on one island with it. @param {Board} board @param {string} id @returns {Node[]} */
function grouper(board, id) {
  const state = board.state();
  const table = state.notes[id].table;
  const others = Object.keys(state.notes)
    .filter((one) => one !== id && isThere(state.notes[one]) && !isBlank(state.notes[one], board.me) && state.notes[one].table === table)
    .sort((a, b) => Number(state.notes[a].island !== "") - Number(state.notes[b].island !== ""))
    .slice(0, 200);
  const choices = h("div", { class: "mover__many" });
  for (const one of others) {
    choices.append(h("label", { class: "choice" }, h("input", { type: "checkbox", value: one }), state.notes[one].text));
  }
  const done = (/** @type {string} */ title) => {
    const chosen = [...choices.querySelectorAll("input:checked")].map((one) => /** @type {HTMLInputElement} */ (one).value);
    leave(board, id);
    gather(board, [id, ...chosen], title);
    board.say(board.t("made_island"));
  };
  const form = field(board, { label: board.t("island_label"), value: "", limit: TITLE, rows: 1, send: board.t("act_group"), required: false, done });
  return [others.length ? choices : h("p", { class: "sub", text: board.t("group_none") }), form];
}

/** The form for one thing to do with an island. @param {Board} board @param {string} id @param {string} kind @returns {HTMLElement} */
export function islandPanel(board, id, kind) {
  const state = board.state();
  const box = h("div", { class: "mover", role: "group", "data-panel": kind });
  const label = `${kind}-${id}`;
  box.setAttribute("aria-labelledby", label);
  box.append(h("p", { class: "mover__t", id: label, text: board.t(`ask_${kind}`, { text: islandName(board, id) }) }));
  if (kind === "title") {
    const done = (/** @type {string} */ title) => {
      board.close();
      board.store.act({ op: "island.title", id, title });
    };
    box.append(field(board, { label: board.t("island_label"), value: state.islands[id]?.title ?? "", limit: TITLE, rows: 1, send: board.t("save"), done }));
  } else if (kind === "island") {
    const to = h("div", { class: "mover__to" });
    const offer = (/** @type {string} */ word, /** @type {string} */ op, /** @type {() => void} */ run) =>
      may(board, op) && to.append(h("button", { type: "button", class: "button button--plain button--small", text: board.t(word), onclick: run }));
    offer("act_title", "island.title", () => board.open(id, "title"));
    offer("act_link", "link.add", () => board.open(id, "link"));
    offer("act_shift", "island.move", () => board.open(id, "shift"));
    offer("act_dissolve", "island.del", () => {
      board.close();
      board.store.act({ op: "island.del", id });
      board.say(board.t("dissolved"));
    });
    box.append(to);
  } else if (kind === "shift") {
    const to = h("div", { class: "mover__to" });
    for (const [way, dx, dy] of /** @type {[string, number, number][]} */ ([["left", -1, 0], ["right", 1, 0], ["up", 0, -1], ["down", 0, 1]])) {
      const go = () => {
        const { x, y } = board.state().islands[id];
        board.store.act({ op: "island.move", id, x: Math.max(0, x + dx * SHIFT), y: Math.max(0, y + dy * SHIFT) });
      };
      to.append(h("button", { type: "button", class: "button button--plain button--small", text: board.t(`way_${way}`), onclick: go }));
    }
    box.append(to);
  } else {
    const word = h("input", { class: "input input--small", id: newId(), maxlength: TITLE });
    const to = h("div", { class: "mover__to" });
    for (const other of islandsOf(board)) {
      const there = Object.values(state.links).some(({ a, b }) => (a === id && b === other) || (a === other && b === id));
      if (other === id || there || !isAt(board, state.islands[other].table)) continue;
      to.append(
        choice(board, id, islandName(board, other), () => {
          board.store.act({ op: "link.add", id: newId(), a: id, b: other, word: word.value });
        }),
      );
    }
    if (!to.children.length) to.append(h("p", { class: "sub", text: board.t("link_none") }));
    box.append(h("label", { class: "field__label", for: word.id, text: board.t("link_word") }), word, to);
  }
  const done = h("button", { type: "button", class: "button button--quiet button--small", text: board.t(kind === "shift" ? "close" : "cancel"), onclick: () => board.close() });
  (box.querySelector("[data-ends]") ?? box).append(done);
  return box;
}
