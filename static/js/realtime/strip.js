// @ts-check
/** 進行役の帯: what to say now, the next phase, time, tables, people, and what only a lead may do. */

import { islandName, islandsOf, tableName } from "./acts.js";
import { h, icon, keyed, svg } from "./dom.js";
import { section, tableIds, tool } from "./strip_parts.js";
import { persons, proposal, tables } from "./strip_seats.js";

const SOME = 3; // so many names of those who wrote nothing are said
const QUIET_S = 180; // a table where nothing was written for so long is pointed out

/**
 * @typedef {import("./acts.js").Board} Board
 * @typedef {import("./dom.js").Item} Item
 * @typedef {{stats: any, log: import("./speech.js").Sentence[], urls: Record<string, string>, token: string, budget: number}} About
 */

/** @param {Board} board @param {HTMLElement} place @param {About} about */
export function draw(board, place, about) {
  place.hidden = false;
  const now = place.querySelector("[data-strip-now]");
  const rest = place.querySelector("[data-strip-rest]");
  if (!now || !rest) return;
  const state = board.state();
  const index = board.phases.findIndex(({ id }) => id === state.phase);
  const seats = proposal(board);
  keyed(now, state.open ? [saying(board, index), ...(seats ? [seats] : []), time(board), next(board, index, about)] : [over(board, about)]);
  if (!state.open) return keyed(rest, [people(board, about)]);
  keyed(rest, [
    ...(about.urls.rehearse ? [rehearsing(board, about)] : []),
    people(board, about),
    ...(state.kind === "present" ? [speakers(board)] : []),
    ...revealing(board),
    ...suggesting(board, about),
    switches(board),
    looking(board),
    tables(board),
    persons(board),
    screens(board, about),
    logged(board, about),
  ]);
}

/** @param {Board} board @param {number} index @returns {Item} */
function saying(board, index) {
  const phase = board.phases[index];
  const make = () => h("div", {}, h("h2", { class: "strip__h", text: board.t("strip_now", { title: phase?.title ?? "" }) }), phase?.say ? h("p", { class: "strip__say", text: board.t("quoted", { text: phase.say }) }) : null);
  return { key: "say", sig: String(index), make };
}

/** @param {Board} board @returns {Item} */
function time(board) {
  const { t, store } = board;
  const { timer } = board.state();
  const isRunning = timer?.ends !== null && timer !== null;
  const hasTime = timer !== null && (isRunning || (timer.left ?? 0) > 0);
  const add = (/** @type {number} */ minutes) => tool(t("plus_minutes", { n: minutes }), () => {
    store.act({ op: "timer.set", act: "add", minutes });
    if (!hasTime) store.act({ op: "timer.set", act: "start" });
  });
  const make = () =>
    h("div", { class: "strip__time" },
      isRunning ? tool(t("timer_stop"), () => store.act({ op: "timer.set", act: "stop" }), "plain", "pause") : hasTime ? tool(t("timer_start"), () => store.act({ op: "timer.set", act: "start" })) : null,
      add(1), add(3));
  return { key: "time", sig: `${isRunning}${hasTime}`, make };
}

/** @param {Board} board @param {number} index @param {About} about @returns {Item} */
function next(board, index, about) {
  const { t, store } = board;
  const [before, after] = [board.phases[index - 1], board.phases[index + 1]];
  const writing = about.stats?.writing ?? 0;
  const make = () => {
    const box = h("div", { class: "strip__next" });
    if (writing > 0) box.append(h("p", { class: "strip__tip", text: t("still_writing", { n: writing }) }));
    if (after) {
      const word = after.kind === "vote" ? t("next_choosing", { title: after.title, n: about.budget }) : t("next", { title: after.title });
      box.append(h("button", { type: "button", class: "button button--full", "data-focus": "next", "data-next": true, onclick: () => store.act({ op: "phase.set", id: after.id }) }, word, icon("arrow")));
      box.append(h("p", { class: "sub", text: t(`into_${after.kind}`) }));
    } else {
      box.append(h("a", { class: "button button--full", href: about.urls.close, "data-focus": "close" }, t("to_close"), icon("arrow")));
    }
    if (before) box.append(tool(t("back_to", { title: before.title }), () => store.act({ op: "phase.set", id: before.id }), "quiet"));
    return box;
  };
  return { key: "next", sig: JSON.stringify([index, writing, about.budget]), make };
}

/** @param {Board} board @param {About} about @returns {Item} */
function over(board, about) {
  const make = () => h("div", {}, h("h2", { class: "strip__h", text: board.t("over") }), h("p", { text: board.t("over_say") }), about.urls.record ? h("a", { class: "button button--full", href: about.urls.record, text: board.t("to_record") }) : null);
  return { key: "over", sig: "", make };
}

/** @param {Board} board @param {About} about @returns {Item} */
function people(board, about) {
  const { t } = board;
  const state = board.state();
  const all = Object.values(state.members).filter(({ role }) => role !== "lead");
  const notes = Object.values(state.notes).filter((note) => !note.gone && !note.hid);
  const rows = tableIds(board).map((id) => ({
    title: tableName(board, id),
    notes: notes.filter((note) => note.table === id).length,
    people: all.filter((one) => one.table === id).length,
    idle: about.stats?.tables?.[id]?.idle_s ?? 0,
  }));
  const most = Math.max(1, ...rows.map((row) => row.notes));
  const isWriting = ["write", "share", "group"].includes(state.kind);
  const quiet = isWriting ? rows.filter((row) => row.idle >= QUIET_S && row.people > 0) : [];
  const silent = isWriting ? whoIsSilent(board) : "";
  const make = () => {
    const tip = (/** @type {string} */ text) => h("p", { class: "strip__tip", text });
    const hints = [...quiet.map((row) => tip(t("quiet_table", { table: row.title, m: Math.floor(row.idle / 60) }))), silent ? tip(silent) : null];
    if (!rows.length) return [h("p", { class: "sub", text: t("n_notes_all", { n: notes.length }) }), ...hints];
    const list = h("ul", { class: "tables" });
    for (const row of rows) {
      const bar = svg("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { width: 100, height: 8 }), svg("rect", { class: "on", width: (row.notes / most) * 100, height: 8 }));
      list.append(h("li", { class: quiet.includes(row) ? "is-quiet" : null }, h("b", { text: row.title }), h("span", { class: "tables__bar" }, bar), h("span", { class: "num", text: t("table_counts", { notes: row.notes, people: row.people }) })));
    }
    return [list, ...hints];
  };
  const seated = Object.values(about.stats?.tables ?? {}).reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.here, 0);
  const leading = Object.values(state.members).filter(({ role }) => role === "lead").length;
  const here = about.stats ? Math.min(all.length, Math.max(0, seated - Math.min(leading, about.stats.tables[""]?.here ?? 0))) : undefined;
  const side = here === undefined ? t("n_people", { n: all.length }) : t("n_here", { n: all.length, here });
  return section("people", JSON.stringify([rows.map(({ idle, ...row }) => row), quiet.map((row) => [row.title, Math.floor(row.idle / 60)]), notes.length, silent]), make, t("people"), side);
}

/** Who has written nothing when most have: for the facilitator's eyes alone. @param {Board} board @returns {string} */
function whoIsSilent(board) {
  const { members, notes } = board.state();
  const wrote = new Set(Object.values(notes).map(({ by }) => by));
  const all = Object.entries(members).filter(([, { role }]) => ["member", "host"].includes(role));
  const names = all.filter(([id]) => !wrote.has(id)).map(([, { name }]) => name);
  if (!names.length || names.length * 2 > all.length) return "";
  const some = names.slice(0, SOME).map((name) => board.t("quiet_name", { name })).join(board.t("comma"));
  return board.t(names.length > SOME ? "quiet_more" : "quiet_people", { names: some, n: names.length - SOME });
}

/** @param {Board} board @returns {Item} */
function speakers(board) {
  const { t, store } = board;
  const state = board.state();
  const order = state.speakers.length ? state.speakers : tableIds(board);
  const at = order.indexOf(state.speaker);
  const set = (/** @type {string[]} */ row, /** @type {string | null} */ now) => store.act({ op: "speakers.set", order: row, now });
  const make = () => {
    const list = h("ol", { class: "speakers" });
    order.forEach((/** @type {string} */ id, /** @type {number} */ n) => {
      const raised = [...order];
      [raised[n - 1], raised[n]] = [raised[n], raised[n - 1]];
      const item = h("li", { "aria-current": n === at ? "true" : null }, h("span", { text: tableName(board, id) }));
      if (n > 0) item.append(h("button", { type: "button", class: "button button--quiet button--small", "data-focus": `up-${id}`, onclick: () => set(raised, state.speaker) }, t("speaker_up"), h("span", { class: "only-read", text: tableName(board, id) })));
      if (n !== at) item.append(h("button", { type: "button", class: "button button--plain button--small", "data-focus": `now-${id}`, onclick: () => set(order, id) }, t("speaker_now"), h("span", { class: "only-read", text: tableName(board, id) })));
      list.append(item);
    });
    return [list, at >= 0 ? tool(t("speaker_end"), () => set(order, null), "quiet") : null];
  };
  return section("speakers", JSON.stringify([order, at, order.map((/** @type {string} */ id) => tableName(board, id))]), order.length ? make : () => [h("p", { class: "sub", text: t("speakers_none") })], t("speakers"));
}

/** @param {Board} board @returns {Item[]} */
function revealing(board) {
  const { t, store } = board;
  const state = board.state();
  const veiled = Object.values(state.notes).filter((note) => note.veil && !note.gone).length;
  const found = [];
  if (veiled) found.push(section("veil", String(veiled), () => [tool(t("reveal_notes"), () => store.act({ op: "reveal.notes" }), "outline", "eye")], t("veiled", { n: veiled })));
  const wasVoting = board.phases.slice(0, board.phases.findIndex(({ id }) => id === state.phase)).some(({ kind }) => kind === "vote");
  const isVoting = state.kind === "vote" || (wasVoting && ["present", "sum_up"].includes(state.kind));
  if (isVoting && state.tally === null) found.push(section("tally", "", () => [h("p", { class: "sub", text: t("tally_help") }), tool(t("reveal_votes"), () => store.act({ op: "reveal.votes" }), "outline", "eye")], t("tally")));
  return found;
}

/** @param {Board} board @param {About} about @returns {Item[]} */
function suggesting(board, { urls }) {
  if (!urls.suggestions || board.state().kind !== "group") return [];
  const { t } = board;
  const make = () => [h("p", { class: "sub", text: t("suggest_help") }), h("a", { class: "button button--outline button--small", href: urls.suggestions }, icon("suggest"), t("suggest"))];
  return [section("suggest", "", make, t("suggest_title"))];
}

/** @param {Board} board @returns {Item} */
function switches(board) {
  const { t, store } = board;
  const { names, locked, frozen } = board.state();
  const one = (/** @type {string} */ word, /** @type {boolean} */ on, /** @type {(on: boolean) => void} */ set) => {
    const box = h("input", { type: "checkbox", "data-focus": word, onchange: () => set(box.checked) });
    box.checked = on;
    return h("li", {}, h("label", { class: "choice" }, box, t(word)));
  };
  const make = () => [
    h("ul", { class: "strip__ops" },
      one("names_off", !names, (on) => store.act({ op: "names.set", on: !on })),
      one("lock", locked, (on) => store.act({ op: "lock.set", on })),
      one("freeze", frozen, (on) => store.act({ op: "freeze.set", on }))),
  ];
  return section("switches", JSON.stringify([names, locked, frozen]), make, t("lead_only"));
}

/** Only on a rehearsal: residents who are not there. @param {Board} board @param {About} about @returns {Item} */
function rehearsing(board, about) {
  const { t } = board;
  const make = () => [
    h("p", { class: "sub", text: t("rehearse_help") }),
    h("form", { method: "post", action: about.urls.rehearse },
      h("input", { type: "hidden", name: "csrf_token", value: about.token }),
      h("button", { type: "submit", class: "button button--outline button--small" }, t("rehearse_call"))),
  ];
  return section("rehearse", "", make, t("rehearse_title"));
}

/** @param {Board} board @returns {Item} */
function looking(board) {
  const { t, store } = board;
  const state = board.state();
  const islands = islandsOf(board).map((id) => [id, islandName(board, id)]);
  const all = tableIds(board).map((id) => [id, tableName(board, id)]);
  const id = "look-at";
  const make = () => {
    const choose = h("select", { class: "input input--small", id });
    for (const [value, title] of [...all, ...islands]) choose.append(h("option", { value, text: title }));
    return [
      h("label", { class: "field__label", for: id, text: t("look_where") }),
      choose,
      h("div", { class: "strip__time" },
        tool(t("look"), () => store.act({ op: "look.set", at: choose.value }), "plain", "eye"),
        state.look ? tool(t("look_end"), () => store.act({ op: "look.set", at: null })) : null),
    ];
  };
  return section("look", JSON.stringify([islands, all, state.look]), islands.length + all.length ? make : () => [h("p", { class: "sub", text: t("look_none") })], t("look_all"));
}

/** @param {Board} board @param {About} about @returns {Item} */
function screens(board, about) {
  const { t } = board;
  const make = () => [
    h("a", { class: "button button--outline button--full", href: about.urls.show, target: "_blank", rel: "noopener" }, icon("screen"), t("open_show")),
    h("a", { class: "button button--quiet button--small", href: about.urls.close, text: t("to_close") }),
  ];
  return section("screens", "", make, t("screens"));
}

/** @param {Board} board @param {About} about @returns {Item} */
function logged(board, about) {
  const make = () => (about.log.length ? about.log.map(({ words }) => h("p", { class: "strip__log", text: words })) : [h("p", { class: "sub", text: board.t("log_none") })]);
  return section("log", about.log.map(({ words }) => words).join(), make, board.t("log"));
}
