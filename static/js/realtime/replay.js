// @ts-check
/**
 * How a board grew: the log is folded up to where the slider stands, as a live board folds it, and
 * laid out as it was. The page shows the same as numbers without it.
 */

import { laidOut } from "./places.js";
import { apply, empty, fork } from "./state.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Effect & {t: number}} Moment
 * @typedef {{phases: Record<string, string>, ops: Moment[]}} Log
 */

const EVERY = 200; // effects from one state that is kept to the next: going back is quick
const LASTS = 30_000; // ms from beginning to end when it runs by itself
const LEAST = 0.5; // how small one table is drawn: below it words cannot be read, and one scrolls
const FRAME = 60; // ms between two looks of it

/** The states along a log. @param {Moment[]} ops */
export function film(ops) {
  /** @type {State[]} */
  const kept = [empty()];
  return {
    length: ops.length,
    /** The state after the first `n` effects. @param {number} n @returns {State} */
    at(n) {
      while (kept.length <= Math.floor(n / EVERY)) {
        const from = (kept.length - 1) * EVERY;
        kept.push(folded(fork(kept[kept.length - 1]), ops.slice(from, from + EVERY)));
      }
      const base = Math.floor(n / EVERY);
      return folded(fork(kept[base]), ops.slice(base * EVERY, n));
    },
  };
}

/** @param {State} state @param {Moment[]} ops */
function folded(state, ops) {
  for (const op of ops) apply(state, op);
  return state;
}

/** What stands beside the slider. @param {string} words @param {Record<string, string | number>} said */
export const fill = (words, said) => words.replace(/\{(\w+)\}/g, (_all, name) => String(said[name] ?? ""));

/** @param {HTMLElement} page @param {Log} log */
function show(page, log) {
  const at = /** @type {HTMLInputElement} */ (page.querySelector("[data-at]"));
  const run = /** @type {HTMLButtonElement} */ (page.querySelector("[data-run]"));
  const now = /** @type {HTMLElement} */ (page.querySelector("[data-now]"));
  const sea = /** @type {HTMLElement} */ (page.querySelector("[data-sea]"));
  const which = /** @type {HTMLSelectElement | null} */ (page.querySelector("[data-which]"));
  const frames = film(log.ops);
  const only = () => (which?.value ? which.value.replace("none", "") : undefined);
  let last = laidOut(frames.at(frames.length)).all;
  const inside = document.createElement("div");
  inside.className = "replay__in";
  sea.append(inside);
  /** @type {Map<string, HTMLElement>} */
  const drawn = new Map();
  let timer = 0;

  /** @param {string} key @param {string} look @param {{x: number, y: number, w: number, h: number}} box @param {string} words */
  const put = (key, look, box, words) => {
    let one = drawn.get(key);
    if (!one) {
      one = document.createElement("div");
      drawn.set(key, one);
      inside.append(one);
    }
    one.className = look;
    if (one.textContent !== words) one.textContent = words;
    one.style.setProperty("left", `${box.x}px`);
    one.style.setProperty("top", `${box.y}px`);
    one.style.setProperty("width", `${box.w}px`);
    one.style.setProperty("height", `${box.h}px`);
  };

  const draw = () => {
    const n = Number(at.value);
    const state = frames.at(n);
    const layout = laidOut(state, only());
    const fresh = log.ops[n - 1]?.id;
    const gone = new Set(drawn.keys());
    for (const sheet of layout.sheets) {
      gone.delete(`s${sheet.id}`);
      put(`s${sheet.id}`, "replay__sheet", sheet, state.tables[sheet.id]?.title ?? "");
    }
    for (const [id, box] of layout.islands) {
      gone.delete(`i${id}`);
      put(`i${id}`, "replay__isle", box, state.islands[id].title || page.dataset.untitled || "");
    }
    for (const [id, box] of layout.notes) {
      gone.delete(`n${id}`);
      const look = `replay__note replay__note--${state.notes[id].color}${id === fresh ? " is-new" : ""}`;
      put(`n${id}`, look, box, state.notes[id].text);
    }
    for (const key of gone) {
      drawn.get(key)?.remove();
      drawn.delete(key);
    }
    for (const key of [...drawn.keys()].filter((one) => one.startsWith("n"))) inside.append(/** @type {HTMLElement} */ (drawn.get(key)));
    const said = {
      phase: log.phases[state.phase] ?? "",
      minutes: Math.round((log.ops[n - 1]?.t ?? 0) / 60),
      notes: layout.notes.size,
      islands: layout.islands.size,
    };
    now.textContent = fill(page.dataset.said ?? "", said);
    at.setAttribute("aria-valuetext", now.textContent);
  };

  const fit = () => {
    const wide = Math.max(last.w, 1);
    const high = Math.max(last.h, 1);
    const share = Math.max(sea.clientWidth / wide, only() === undefined ? 0 : LEAST);
    sea.style.setProperty("height", `min(75vh, ${Math.ceil(high * share) + 2}px)`);
    inside.style.setProperty("transform", `scale(${share})`);
  };

  const stop = () => {
    clearInterval(timer);
    timer = 0;
    run.textContent = page.dataset.play ?? "";
  };

  run.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(at.value) >= frames.length) at.value = "0";
    const stride = Math.max(1, Math.ceil((frames.length * FRAME) / LASTS));
    run.textContent = page.dataset.pause ?? "";
    timer = window.setInterval(() => {
      at.value = String(Math.min(frames.length, Number(at.value) + stride));
      draw();
      if (Number(at.value) >= frames.length) stop();
    }, FRAME);
  });
  at.addEventListener("input", () => {
    stop();
    draw();
  });
  which?.addEventListener("change", () => {
    last = laidOut(frames.at(frames.length), only()).all;
    fit();
    draw();
  });
  at.max = String(frames.length);
  at.value = at.max;
  page.hidden = false;
  fit();
  draw();
  addEventListener("resize", fit);
}

/** @param {HTMLElement} page */
async function begin(page) {
  try {
    const answer = await fetch(page.dataset.log ?? "", { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    show(page, await answer.json());
  } catch {
    page.hidden = false;
    page.textContent = page.dataset.failed ?? "";
  }
}

if (typeof document !== "undefined") {
  const page = document.querySelector("[data-log]");
  if (page instanceof HTMLElement) begin(page);
}
