// @ts-check
/** 一覧: the board as nested lists, table → island → note, with everything that can be done. */

import { actsOf, isAt, isBlank, isThere, islandName, leads, may, memberName, tableName } from "./acts.js";
import { h, icon, keyed } from "./dom.js";
import { fillLines, islandPanel, islandTools, linksOf } from "./island_forms.js";
import { panel } from "./note_forms.js";
import { byOrder } from "./orders.js";
import { tablesOf } from "./places.js";
import { sum } from "./sums.js";
import { fillTalks } from "./talks.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./dom.js").Item} Item */

const FIRST = 30; // notes of an island before "more" is asked for
const ALL_OPEN = 60; // notes on a board up to which every island is open

/**
 * @typedef {{
 *   scope: "all" | "table" | "mine",
 *   open: Map<string, boolean>,
 *   long: Set<string>,
 *   panel: {id: string, kind: string} | null,
 *   find: string,
 * }} Look what this person has opened and chosen to see
 */

/** @returns {Look} */
export const began = () => ({ scope: "all", open: new Map(), long: new Set(), panel: null, find: "" });

/**
 * @param {Board} board
 * @param {Look} look
 * @param {HTMLElement} place
 */
export function draw(board, look, place) {
  const state = board.state();
  const mine = state.members[board.me]?.table ?? "";
  /** @type {Item[]} */
  const items = [];
  const chosen = look.scope === "mine" ? null : tablesOf(state).filter((table) => look.scope === "all" || table === mine);
  if (look.panel && !state.notes[look.panel.id] && !state.islands[look.panel.id]) look.panel = null;
  if (chosen === null) {
    items.push(ofMine(board, look));
  } else {
    for (const table of chosen) items.push(ofTable(board, look, table, chosen.length > 1));
    if (Object.keys(state.tables).length > 1 && look.scope === "all") items.push(sum(board, "all"));
  }
  keyed(place, items);
}

/** @param {Board} board @param {Look} look @param {any} note @param {string} id */
function isShown(board, look, note, id) {
  if (look.panel?.id === id) return true;
  if (!note || isBlank(note, board.me)) return false;
  if (note.gone) return note.by === board.me || leads(board);
  if (note.hid && !leads(board) && note.by !== board.me) return false;
  return !look.find || note.text.includes(look.find);
}

/** @param {Board} board @param {Look} look @param {string} table @param {boolean} isNamed @returns {Item} */
function ofTable(board, look, table, isNamed) {
  const state = board.state();
  const make = () =>
    h(
      "section",
      { class: "otable", "aria-labelledby": `t-${table}` },
      h("h2", { class: "otable__h", id: `t-${table}`, text: "" }),
      h("div", { "data-in": true }),
      h("p", { class: "otable__blank sub", hidden: true }),
      h("div", { "data-sum": true }),
    );
  const fill = (/** @type {HTMLElement} */ there) => {
    const head = /** @type {HTMLElement} */ (there.firstElementChild);
    const title = isNamed || table ? tableName(board, table) : board.t("outline");
    if (head.textContent !== title) head.textContent = title;
    head.classList.toggle("only-read", !isNamed);
    const here = (/** @type {any} */ one) => (state.tables[one.table] ? one.table : "") === table;
    const notes = Object.keys(state.notes).filter((id) => here(state.notes[id]));
    const total = notes.filter((id) => isThere(state.notes[id])).length;
    const islands = Object.keys(state.islands)
      .filter((id) => !state.islands[id].gone && here(state.islands[id]))
      .sort((a, b) => byOrder(state.islands[a].o, a, state.islands[b].o, b));
    /** @type {Map<string, string[]>} */
    const rows = new Map();
    for (const id of notes) {
      const on = state.islands[state.notes[id].island];
      const key = on && !on.gone && !state.notes[id].gone && !state.notes[id].hid ? state.notes[id].island : "";
      if (!isShown(board, look, state.notes[id], id)) continue;
      const row = rows.get(key);
      if (row) row.push(id);
      else rows.set(key, [id]);
    }
    const isAllOpen = total <= ALL_OPEN;
    const isOrdered = islands.length > 1 && may(board, "island.order") && isAt(board, table);
    const place = (/** @type {number} */ n) => (!isOrdered ? "" : n === 0 ? "first" : n === islands.length - 1 ? "last" : "between");
    const items = islands.map((id, n) => ofIsland(board, look, id, rows.get(id) ?? [], isAllOpen || n === 0, place(n)));
    const loose = rows.get("") ?? [];
    if (loose.length || !islands.length) items.push(ofLoose(board, look, table, loose, islands.length > 0, isAllOpen || !islands.length));
    keyed(/** @type {Element} */ (there.querySelector("[data-in]")), items);
    const blank = notes.filter((id) => isThere(state.notes[id]) && isBlank(state.notes[id], board.me)).length;
    const line = /** @type {HTMLElement} */ (there.querySelector(".otable__blank"));
    line.hidden = blank === 0;
    line.textContent = board.t("blank", { n: blank });
    keyed(/** @type {Element} */ (there.querySelector("[data-sum]")), table ? [sum(board, table)] : Object.keys(state.tables).length ? [] : [sum(board, "all")]);
  };
  return { key: `table-${table}`, sig: "", make, fill };
}

/** @param {Board} board @param {Look} look @returns {Item} */
function ofMine(board, look) {
  const state = board.state();
  const own = Object.keys(state.notes).filter((id) => state.notes[id].by === board.me && isShown(board, look, state.notes[id], id));
  const make = () => h("section", { class: "otable", "aria-label": board.t("tab_mine") }, h("ul", { class: "olist" }));
  const fill = (/** @type {HTMLElement} */ there) => {
    keyed(/** @type {Element} */ (there.firstElementChild), own.length ? rowsOf(board, look, own) : [empty(board.t("empty_mine"))]);
  };
  return { key: "mine", sig: "", make, fill };
}

/** @param {string} words @returns {Item} */
const empty = (words) => ({ key: "empty", sig: words, make: () => h("li", { class: "sub olist__empty", text: words }) });

/**
 * @param {Board} board
 * @param {Look} look
 * @param {string} id
 * @param {string[]} row
 * @param {boolean} isOpen
 * @param {import("./island_forms.js").Place} place
 * @returns {Item}
 */
function ofIsland(board, look, id, row, isOpen, place) {
  const state = board.state();
  const island = state.islands[id];
  const sorted = row.sort((a, b) => byOrder(state.notes[a].o, a, state.notes[b].o, b));
  const links = linksOf(board, id);
  const told = JSON.stringify([island.title, links.map(([key]) => key), may(board, "island.title"), state.look === id, place]);
  const make = () => isle(board, look, `isle-${id}`, id, isOpen);
  const fill = (/** @type {HTMLElement} */ there) => {
    const details = /** @type {HTMLDetailsElement} */ (there);
    head(details, islandName(board, id), board.t("n_notes", { n: sorted.length }));
    details.classList.toggle("is-looked", state.look === id);
    if (look.find) details.open = sorted.length > 0;
    const tools = /** @type {Element} */ (details.querySelector("[data-tools]"));
    /** @type {Item[]} */
    const items = [{ key: `tools-${id}`, sig: told, make: () => islandTools(board, id, links, place), fill: (made) => fillLines(board, id, made) }];
    if (look.panel?.id === id) items.push({ key: `panel-${look.panel.kind}`, sig: look.panel.kind + island.hid, make: () => islandPanel(board, id, look.panel?.kind ?? ""), fill: (made) => fillLines(board, id, made) });
    keyed(tools, items);
    body(board, look, details, `isle-${id}`, sorted);
  };
  return { key: `isle-${id}`, sig: "", make, fill };
}

/** @param {Board} board @param {Look} look @param {string} table @param {string[]} row @param {boolean} hasIslands @param {boolean} isOpen @returns {Item} */
function ofLoose(board, look, table, row, hasIslands, isOpen) {
  const state = board.state();
  const order = (/** @type {string} */ id) => Number(state.notes[id].gone || state.notes[id].hid !== "");
  const sorted = row.sort((a, b) => order(a) - order(b));
  const key = `loose-${table}`;
  return {
    key,
    sig: "",
    make: () => isle(board, look, key, "", isOpen),
    fill: (there) => {
      const details = /** @type {HTMLDetailsElement} */ (there);
      head(details, board.t(hasIslands ? "loose" : "notes"), board.t("n_notes", { n: sorted.filter((id) => isThere(state.notes[id])).length }));
      if (look.find) details.open = sorted.length > 0;
      body(board, look, details, key, sorted);
    },
  };
}

/** @param {Board} board @param {Look} look @param {string} key @param {string} id @param {boolean} isOpen @returns {HTMLElement} */
function isle(board, look, key, id, isOpen) {
  const made = h(
    "details",
    { class: id ? "isle" : "isle isle--loose", ...(id ? { "data-isle": id } : {}) },
    h("summary", { "data-focus": "summary" }, h("span", { class: "isle__t" }), h("span", { class: "isle__n" })),
    h("div", { class: "isle__tools", "data-tools": true }),
    h("ul", { class: "olist" }),
    h("button", { type: "button", class: "button button--quiet button--small isle__more", "data-focus": "more", hidden: true }),
  );
  made.open = look.open.get(key) ?? isOpen;
  made.addEventListener("toggle", () => {
    if (!look.find) look.open.set(key, made.open);
    if (made.open) board.store.ears.changed();
  });
  return made;
}

/** @param {HTMLElement} details @param {string} title @param {string} count */
function head(details, title, count) {
  const [t, n] = /** @type {any} */ (details.firstElementChild).children;
  if (t.textContent !== title) t.textContent = title;
  if (n.textContent !== count) n.textContent = count;
}

/** @param {Board} board @param {Look} look @param {HTMLDetailsElement} details @param {string} key @param {string[]} row */
function body(board, look, details, key, row) {
  if (!details.open) return;
  const list = /** @type {Element} */ (details.querySelector(":scope > ul"));
  const cut = look.long.has(key) ? row.length : Math.max(FIRST, row.findIndex((id) => id === look.panel?.id) + 1);
  const words = look.find ? board.t("none_found") : board.t("empty_island");
  keyed(list, row.length ? rowsOf(board, look, row.slice(0, cut)) : [empty(words)]);
  const more = /** @type {HTMLButtonElement} */ (details.lastElementChild);
  more.hidden = row.length <= cut;
  more.textContent = board.t("n_more", { n: row.length - cut });
  more.onclick = () => {
    look.long.add(key);
    board.store.ears.changed();
    board.focusNote(row[cut]);
  };
}

/** @param {Board} board @param {Look} look @param {string[]} row @returns {Item[]} */
function rowsOf(board, look, row) {
  /** @type {Item[]} */
  const items = [];
  for (const id of row) {
    items.push(line(board, look, id));
    if (look.panel?.id === id) {
      const { kind } = look.panel;
      items.push({ key: `panel-${id}`, sig: kind, make: () => h("li", {}, panel(board, id, kind)), fill: (made) => fillTalks(board, id, made) });
    }
  }
  return items;
}

/** @param {Board} board @param {Look} look @param {string} id @returns {Item} */
function line(board, look, id) {
  const state = board.state();
  const note = state.notes[id];
  const acts = actsOf(board, id);
  const talks = Object.values(state.talks).filter((one) => one.note === id).length;
  const waits = board.store.isWaiting(id);
  const votes = state.tally?.[id] ?? 0;
  const who = note.by === board.me ? "" : state.names ? memberName(board, note.by) : "";
  const isOpen = look.panel?.id === id;
  const sig = JSON.stringify([note, acts.map(({ key, word, isPressed }) => [key, word, isPressed]), talks, waits, votes, who, isOpen]);
  const make = () => {
    const { t } = board;
    const said = note.gone ? t("is_gone") : note.hid ? t("is_hidden", { why: note.hid }) : "";
    const meant = note.color <= board.colors ? t(`color_${note.color}`) : "";
    const [first] = acts;
    const about = (/** @type {string} */ words, style = "state") => h("span", { class: `chip chip--${style} chip--small`, text: words });
    return h(
      "li",
      { class: `oline oline--${note.color}${said ? " is-away" : ""}`, "data-note": id },
      h(
        "span",
        { class: "oline__t" },
        h("span", { class: "oline__w", text: note.text }),
        said ? h("span", { class: "oline__why", text: said }) : null,
        meant ? h("span", { class: `oline__color swatch swatch--${note.color}`, text: meant }) : null,
        note.lost ? h("span", { class: "oline__why", text: t("was_lost", { text: note.lost }) }) : null,
        note.of ? h("span", { class: "oline__why", text: t("is_copy") }) : null,
      ),
      who ? h("span", { class: "sub", text: who }) : null,
      waits ? about(t("waits")) : note.by === board.me ? about(t("own"), "own") : null,
      votes ? about(t("n_votes", { n: votes }), "votes") : null,
      talks ? about(t("n_talks", { n: talks })) : null,
      h("span", { class: "oline__acts" }, first ? likeliest(board, first, note.text) : null, acts.length > 1 ? others(board, look, id, isOpen) : null),
    );
  };
  return { key: `note-${id}`, sig, make };
}

/** The button for what one most likely does. @param {Board} board @param {import("./acts.js").Act} act @param {string} text */
function likeliest(board, act, text) {
  const about = {
    type: "button",
    class: `button button--small ${act.key === "vote" ? "button--plain" : "button--quiet"}`,
    "data-focus": "first",
    "data-act": act.key,
    "aria-pressed": act.isPressed === undefined ? null : act.isPressed,
    onclick: act.run,
  };
  return h("button", about, act.icon ? icon(act.icon) : null, act.word, h("span", { class: "only-read", text: board.t("of_note", { text }) }));
}

/** The button for everything else. @param {Board} board @param {Look} look @param {string} id @param {boolean} isOpen */
function others(board, look, id, isOpen) {
  const about = {
    type: "button",
    class: "button button--quiet button--small oline__more",
    "data-focus": "menu",
    "aria-expanded": isOpen,
    onclick: () => (isOpen && look.panel?.kind === "more" ? board.close() : board.open(id, "more")),
  };
  const { text } = board.state().notes[id];
  return h("button", about, icon("more"), h("span", { class: "only-read", text: board.t("more_of", { text }) }));
}
