// @ts-check
/** What stands over both views of a board: the phases, what to do now, the line, whose notes. */

import { may, votesLeft } from "./acts.js";

/** @typedef {import("./acts.js").Board} Board @typedef {import("./state.js").State} State */

/** @param {Board} board @param {State} state */
export function drawHead(board, state) {
  const { phases, t } = board;
  const now = phases.findIndex((phase) => phase.id === state.phase);
  const phase = phases[now];
  for (const [place, step] of [...document.querySelectorAll("[data-phase]")].entries()) {
    step.classList.toggle("is-done", place < now || !state.open);
    step.classList.toggle("is-now", place === now && state.open);
    if (place === now && state.open) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  text("[data-step]", state.open ? t("step_of", { all: phases.length, n: now + 1 }) : "");
  text("[data-what]", state.open ? (phase?.title ?? "") : t("over"));
  const speaker = state.kind === "present" && state.speaker ? t("speaks_now", { table: state.tables[state.speaker]?.title ?? "" }) : "";
  text("[data-say]", state.open ? [phase?.say ?? "", speaker].filter(Boolean).join("　") : t("over_say"));
  text("[data-stop]", state.frozen ? t("said_frozen") : state.locked ? t("said_locked") : "");
  text("[data-votes]", votesLine(board));
  text("[data-net]", netLine(board));
}

/** Whose notes one sees in the list. @param {Board} board @param {State} state @param {Element} tabs @param {string} scope */
export function drawTabs(board, state, tabs, scope) {
  const seat = state.members[board.me]?.table ?? "";
  const table = seat && state.tables[seat] ? state.tables[seat].title : "";
  const own = Object.values(state.notes).filter((note) => note.by === board.me && !note.gone).length;
  for (const tab of /** @type {Iterable<HTMLElement>} */ (tabs.children)) {
    const which = tab.dataset.tab;
    if (which === "table") {
      tab.hidden = !table;
      tab.textContent = table;
    }
    if (which === "mine") tab.textContent = board.t("tab_mine_n", { n: own });
    tab.setAttribute("aria-pressed", String(scope === which));
  }
}

/** How many favourites are left, where one chooses. @param {Board} board */
const votesLine = (board) => (may(board, "vote.set") && board.state().tally === null ? board.t("votes_left", { n: votesLeft(board), all: board.state().budget }) : "");

/** @param {Board} board */
function netLine({ store, t }) {
  const n = store.waiting.filter(({ op }) => op.op.startsWith("note.")).length || store.waiting.length;
  const lines = { off: n ? t("off_waiting", { n }) : t("off"), out: t("out"), asking: n ? t("asking_waiting", { n }) : "", joining: "", live: "" };
  return lines[store.line];
}

/** @param {string} selector @param {string} words */
function text(selector, words) {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector))) {
    if (place.textContent !== words) place.textContent = words;
    place.hidden = words === "";
  }
}
