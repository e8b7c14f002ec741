// @ts-check
/** The projector's screen: the same state, large, and nothing to press. */

import { io } from "../../vendor/socket.io-client-4.8.4/socket.io.esm.min.js";
import { h, keyed, speaking } from "./dom.js";
import { rowOf, tablesOf } from "./places.js";
import { byOrder } from "./orders.js";
import { voice } from "./speech.js";
import { Store } from "./sync.js";
import { runs } from "./timer.js";

const CARDS = 6; // as many fit on a screen that is read from the last row
const NOTES = 4; // on a card, while there is one row of cards
const FEW = 3;

/** @param {string} selector @returns {any} */
const one = (selector) => document.querySelector(selector);

/** @param {HTMLElement} root */
function start(root) {
  const plan = JSON.parse(root.dataset.plan ?? "{}");
  const t = speaking(JSON.parse(root.dataset.words ?? "{}"));
  const socket = io({ transports: ["websocket"], autoConnect: false, reconnectionDelay: 500, reconnectionDelayMax: 5_000 });
  let isDue = false;
  /** @type {number | null} */
  let here = null;
  const due = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      draw();
    });
  };
  const nothing = () => undefined;
  const store = new Store(
    { board: plan.board, me: plan.me, state: plan.urls.state, ops: plan.urls.ops, token: plan.token },
    { changed: due, heard: nothing, refused: nothing, line: (now) => void (document.body.dataset.line = now) },
    { socket, storage: null },
  );
  socket.on("board.stats", (/** @type {any} */ told) => {
    here = told.here ?? null;
    due();
  });

  function draw() {
    if (store.seq < 0) return;
    const state = store.view();
    const now = plan.phases.findIndex((/** @type {any} */ phase) => phase.id === state.phase);
    const phase = plan.phases[now];
    const speaker = state.kind === "present" && state.speaker ? t("speaks_now", { table: state.tables[state.speaker]?.title ?? "" }) : "";
    one("[data-what]").textContent = state.open ? (phase?.title ?? "") : t("over");
    const say = one("[data-say]");
    say.textContent = speaker || (state.open ? (phase?.say ?? "") : "");
    say.hidden = say.textContent === "";
    say.classList.toggle("is-speaker", speaker !== "");
    [...document.querySelectorAll("[data-phase]")].forEach((step, place) => {
      step.classList.toggle("is-done", place < now || !state.open);
      step.classList.toggle("is-now", place === now && state.open);
      if (place === now && state.open) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
    const joining = one("[data-joining]");
    if (joining) joining.hidden = !state.open;
    const people = Object.values(state.members).filter(({ role }) => role !== "lead").length;
    const notes = Object.values(state.notes).filter((note) => !note.gone && !note.hid);
    const numbers = one("[data-numbers]");
    const said = JSON.stringify([people, here, notes.length]);
    if (numbers.dataset.said !== said) {
      numbers.dataset.said = said;
      numbers.replaceChildren(h("b", { text: String(people) }), `${t("people_unit")}　`, h("b", { text: String(notes.length) }), t("notes_unit"));
    }
    const items = cards(state);
    one("[data-isles]").classList.toggle("is-many", items.length > FEW);
    keyed(one("[data-isles]"), items);
  }

  /** @param {any} state @returns {import("./dom.js").Item[]} */
  function cards(state) {
    const focus = state.look ?? (state.kind === "present" ? state.speaker : null);
    const isTable = focus !== null && Boolean(state.tables[focus]);
    const inside = (/** @type {string} */ id) => !state.islands[id].gone && (!isTable || state.islands[id].table === focus);
    let islands = Object.keys(state.islands)
      .filter(inside)
      .sort((a, b) => byOrder(state.islands[a].o, a, state.islands[b].o, b));
    if (focus !== null && state.islands[focus] && !state.islands[focus].gone) islands = [focus];
    if (state.tally !== null) islands.sort((a, b) => votes(state, b) - votes(state, a));
    const loose = Object.keys(state.notes).filter((id) => {
      const note = state.notes[id];
      return !note.gone && !note.hid && !note.island && (!isTable || note.table === focus);
    });
    const many = islands.length + (loose.length ? 1 : 0) > FEW;
    const found = islands.slice(0, CARDS).map((id) => card(state, id, islands.length === 1 ? 12 : many ? NOTES / 2 : NOTES));
    const left = islands.length - found.length;
    if (!islands.length && !loose.length) return tablesCards(state);
    if (loose.length && (islands.length !== 1 || focus === null)) found.splice(CARDS - 1, 1, looseCard(state, loose, !islands.length, left + (found.length === CARDS ? 1 : 0)));
    return found;
  }

  /** Before anything is written: who sits where. @param {any} state @returns {import("./dom.js").Item[]} */
  function tablesCards(state) {
    return tablesOf(state)
      .filter(Boolean)
      .slice(0, CARDS)
      .map((id) => {
        const n = Object.values(state.members).filter(({ table }) => table === id).length;
        const title = state.tables[id].title;
        const make = () => h("article", { class: "show__isle" }, h("h2", {}, title, h("span", { text: `${n}${t("people_unit")}` })));
        return { key: `t-${id}`, sig: `${title}${n}`, make };
      });
  }

  /** @param {any} state @param {string} island */
  const votes = (state, island) => rowOf(state, island).reduce((sum, id) => sum + (state.tally?.[id] ?? 0), 0);

  /** @param {any} state @param {string} id @param {number} most @returns {import("./dom.js").Item} */
  function card(state, id, most) {
    let row = rowOf(state, id);
    if (state.tally !== null) row = [...row].sort((a, b) => (state.tally[b] ?? 0) - (state.tally[a] ?? 0));
    const count = state.tally !== null ? t("n_votes", { n: votes(state, id) }) : t("n_notes", { n: row.length });
    const notes = row.slice(0, most).map((one) => [state.notes[one].text, state.notes[one].color, state.tally?.[one] ?? 0]);
    const title = state.islands[id].title || t("island_untitled");
    const make = () =>
      h("article", { class: "show__isle" }, h("h2", {}, title, h("span", { text: count })),
        h("ul", {}, ...notes.map(([text, color, n]) => h("li", { class: `note note--${color}` }, String(text), n ? h("span", { class: "note__votes", text: t("n_votes", { n: Number(n) }) }) : null))),
        row.length > most ? h("p", { class: "show__more", text: t("n_more", { n: row.length - most }) }) : null);
    return { key: id, sig: JSON.stringify([title, count, notes]), make };
  }

  /** @param {any} state @param {string[]} row @param {boolean} isAlone @param {number} left islands without a card @returns {import("./dom.js").Item} */
  function looseCard(state, row, isAlone, left) {
    const readable = row.filter((id) => !state.notes[id].veil);
    const shown = isAlone ? readable.slice(-12).map((id) => [state.notes[id].text, state.notes[id].color]) : [];
    const more = [left > 0 ? t("more_islands", { n: left }) : "", state.kind === "write" ? t("show_veiled") : isAlone ? "" : t("show_loose")].filter(Boolean);
    const title = t(isAlone ? "notes" : "loose");
    const count = t("n_notes", { n: row.length });
    const make = () =>
      h("article", { class: `show__isle show__isle--loose${isAlone ? " show__isle--wide" : ""}` }, h("h2", {}, title, h("span", { text: count })),
        ...more.map((text) => h("p", { text })),
        shown.length ? h("ul", {}, ...shown.map(([text, color]) => h("li", { class: `note note--${color}`, text }))) : null);
    return { key: "loose", sig: JSON.stringify([title, count, shown, more]), make };
  }

  runs(
    () => ({ timer: store.confirmed.timer, now: store.now(), whole: 0 }),
    t,
    voice(one("[data-live]")),
  );
  void store.start();
}

const root = /** @type {HTMLElement | null} */ (one("[data-presenter]"));
if (root) start(root);
