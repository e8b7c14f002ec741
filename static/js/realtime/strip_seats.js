// @ts-check
/** 班と席: what tables are called, who hosts them, who sits where. */

import { tableName } from "./acts.js";
import { h } from "./dom.js";
import { homes } from "./foresight.js";
import { fold, open, section, tableIds, tool } from "./strip_parts.js";
import { newId } from "./waiting.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./dom.js").Item} Item */

/** @param {Board} board @returns {Item} */
export function tables(board) {
  const { t, store } = board;
  const ids = tableIds(board);
  const titles = ids.map((id) => [id, tableName(board, id)]);
  const isAway = Object.keys(homes(board.state())).length > 0;
  const make = () => {
    const rows = h("ul", { class: "strip__rows" });
    for (const [id, title] of titles) {
      const name = h("input", { class: "input input--small", value: title, maxlength: 60, "aria-label": t("table_name", { table: title }), "data-focus": `name-${id}` });
      const rename = (/** @type {Event} */ event) => {
        event.preventDefault();
        if (name.value.trim() && name.value !== title) store.act({ op: "table.title", id, title: name.value });
      };
      const save = h("button", { type: "submit", class: "button button--plain button--small", text: t("save") });
      rows.append(h("li", {}, h("form", { class: "strip__row", onsubmit: rename }, name, save), ids.length > 1 ? hosting(board, id, title) : null));
    }
    const add = () => store.act({ op: "table.add", id: newId(), title: t("table_new", { n: ids.length + 1 }) });
    const isMany = ids.length > 1;
    const tools = h("div", { class: "strip__time" }, tool(t("table_add"), add, "plain", "plus"), isMany ? tool(t("shuffle"), () => mix(board)) : null, isAway ? tool(t("go_home"), () => goHome(board)) : null);
    return [rows, tools, ...(isMany ? [h("p", { class: "sub", "data-stay": true }), h("p", { class: "sub", text: t("shuffle_help") }), h("p", { class: "sub", text: t("go_home_help") })] : [])];
  };
  const item = section("tables", JSON.stringify([titles, open.has("tables"), isAway]), () => [fold(board, "tables", t("tables_edit"), make)], t("tables"));
  return { ...item, fill: (there) => fillHosts(board, there) };
}

/** Everybody but the hosts to another table. @param {Board} board */
function mix(board) {
  board.store.act({ op: "members.shuffle", seed: Math.floor(Math.random() * 2 ** 31) });
  mixed.add(board.state().phase);
}

/** Everybody but the hosts to where they were first. @param {Board} board */
const goHome = (board) => board.store.act({ op: "members.home" });

/** @type {Set<string>} phases in which the seats were mixed from this page */
const mixed = new Set();

/** The seats that the phase proposes, until they are taken; null where it proposes none. @param {Board} board @returns {Item | null} */
export function proposal(board) {
  const { t } = board;
  const state = board.state();
  const { seats = "", id = "" } = board.phases.find((one) => one.id === state.phase) ?? {};
  if (!seats || tableIds(board).length < 2) return null;
  const isDone = seats === "home" ? !Object.keys(homes(state)).length : mixed.has(id);
  const make = () => {
    const box = h("div", { class: "strip__seats", role: "group", "aria-label": t("tables") });
    if (isDone) box.append(h("p", { class: "sub", text: t(seats === "home" ? "all_home" : "is_mixed") }));
    if (seats === "home" && !isDone) box.append(tool(t("go_home"), () => goHome(board), "outline"));
    if (seats === "mix") box.append(tool(t(isDone ? "shuffle_again" : "shuffle"), () => mix(board), isDone ? "quiet" : "outline"));
    return box;
  };
  return { key: "seats", sig: JSON.stringify([id, seats, isDone]), make };
}

/** Who sits where changes while names of tables are typed: only this is drawn anew. @param {Board} board @param {Element} there */
function fillHosts(board, there) {
  const { t } = board;
  for (const choose of /** @type {NodeListOf<HTMLSelectElement>} */ (there.querySelectorAll("[data-host]"))) {
    const sits = atTable(board, choose.dataset.host ?? "");
    const sig = JSON.stringify(sits);
    if (choose.dataset.sig === sig) continue;
    choose.dataset.sig = sig;
    choose.replaceChildren(h("option", { value: "", text: t(sits.length ? "host_none" : "host_nobody") }), ...sits.map(({ id, name }) => h("option", { value: id, text: name })));
    choose.value = sits.find(({ isHost }) => isHost)?.id ?? "";
    choose.disabled = !sits.length;
  }
  const stay = there.querySelector("[data-stay]");
  const n = Object.values(board.state().members).filter(({ role, table }) => role === "host" && table).length;
  const words = n ? t("hosts_stay", { n }) : t("hosts_none");
  if (stay && stay.textContent !== words) stay.textContent = words;
}

/** Who may host a table: those at it who take part. @param {Board} board @param {string} table */
const atTable = (board, table) =>
  Object.entries(board.state().members)
    .filter(([, one]) => one.table === table && ["host", "member"].includes(one.role))
    .map(([id, { name, role }]) => ({ id, name, isHost: role === "host" }));

/** Who hosts a table, to be chosen. @param {Board} board @param {string} table @param {string} title */
function hosting(board, table, title) {
  const { t, store } = board;
  const choose = h("select", { class: "input input--small", "aria-label": t("host_of", { table: title }), "data-focus": `host-${table}`, "data-host": table });
  choose.addEventListener("change", () => {
    const { value } = choose;
    const asked = atTable(board, table).filter(({ id, isHost }) => isHost !== (id === value));
    store.act(...asked.map(({ id, isHost }) => ({ op: "member.host", id, on: !isHost })));
  });
  return h("div", { class: "strip__row strip__host" }, h("span", { "aria-hidden": "true", text: t("host") }), choose);
}

/** @param {Board} board @returns {Item} */
export function persons(board) {
  const { t, store } = board;
  const state = board.state();
  const ids = tableIds(board);
  const all = Object.entries(state.members).filter(([, one]) => one.role !== "lead");
  const make = () => {
    const rows = h("ul", { class: "strip__rows" });
    for (const [id, one] of all.slice(0, 600)) {
      const row = h("li", { class: "strip__row" }, h("span", { class: "strip__who", text: one.name }));
      if (ids.length > 1) {
        const seat = h("select", { class: "input input--small", "aria-label": t("seat_of", { name: one.name }), "data-focus": `seat-${id}` });
        for (const table of ["", ...ids]) seat.append(h("option", { value: table, text: table ? tableName(board, table) : t("table_none") }));
        seat.value = one.table;
        seat.addEventListener("change", () => store.act({ op: "members.seat", seats: { [id]: seat.value } }));
        row.append(seat);
      }
      const away = tool(t("send_away"), () => {
        away.replaceWith(h("span", { class: "strip__sure" }, tool(t("sure_away"), () => store.act({ op: "member.gone", id }), "outline")));
        /** @type {HTMLElement | null} */ (row.querySelector(".strip__sure button"))?.focus();
      }, "quiet");
      away.append(h("span", { class: "only-read", text: one.name }));
      row.append(away);
      rows.append(row);
    }
    return [all.length ? rows : h("p", { class: "sub", text: t("persons_none") }), h("p", { class: "sub", text: t("away_help") })];
  };
  const sig = open.has("persons") ? JSON.stringify([all, ids.map((id) => tableName(board, id))]) : "";
  return section("persons", sig, () => [fold(board, "persons", t("persons_edit"), make)], t("persons"));
}
