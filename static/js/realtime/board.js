// @ts-check
/** The live board's page: one state, two views, and what stands around them. */

import { io } from "../../vendor/socket.io-client-4.8.4/socket.io.esm.min.js";
import { leads, may } from "./acts.js";
import { Busy } from "./busy.js";
import { Canvas } from "./canvas.js";
import { compose } from "./composer.js";
import { drawDialog, openDialog } from "./dialog.js";
import { speaking } from "./dom.js";
import { drawHead, drawTabs } from "./heading.js";
import { onListKey } from "./keys.js";
import { Notices } from "./notices.js";
import { began, draw as drawOutline } from "./outline.js";
import { seated, told, voice } from "./speech.js";
import { draw as drawStrip } from "./strip.js";
import { Store } from "./sync.js";
import { runs } from "./timer.js";

const HEARD_MS = 1_500; // what others do is gathered for so long before it is said
const VIEW = "tomoni-board-view";
const LOG = 4;

/** @param {string} selector @returns {any} */
const one = (selector) => document.querySelector(selector);

/** @param {"localStorage" | "sessionStorage"} name @returns {Storage | null} */
function storage(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}

/** @param {HTMLElement} root */
function start(root) {
  const plan = JSON.parse(root.dataset.plan ?? "{}");
  const t = speaking(JSON.parse(root.dataset.words ?? "{}"));
  const kept = storage("localStorage");
  const say = voice(one("[data-live]"));
  const socket = io({ transports: ["websocket"], autoConnect: false, reconnectionDelay: 500, reconnectionDelayMax: 5_000 });
  const look = began();
  const narrow = matchMedia("(max-width: 47.99rem)");
  const wide = matchMedia("(min-width: 75rem)");
  let view = kept?.getItem(VIEW) ?? (narrow.matches ? "list" : "canvas");
  let isDue = false;
  let wanted = "";
  /** @type {any[]} */
  let heard = [];
  /** @type {import("./speech.js").Sentence[]} */
  let log = [];
  /** @type {any} */
  let stats = null;
  let isBegun = false;
  let isWriting = !plan.leads && wide.matches; // beside the canvas; the list always has room for it

  const notices = new Notices(one("[data-notices]"), t("close"), due);
  const store = new Store(
    { board: plan.board, me: plan.me, state: plan.urls.state, ops: plan.urls.ops, token: plan.token },
    { changed: due, heard: hear, refused, line },
    { socket, storage: kept, session: storage("sessionStorage") },
  );
  socket.on("board.stats", (/** @type {any} */ told) => {
    const idle = (/** @type {any} */ one) => [one?.here, Math.floor((one?.idle_s ?? 0) / 60)];
    const short = (/** @type {any} */ all) => JSON.stringify([all?.here, all?.writing, Object.values(all?.tables ?? {}).map(idle)]);
    const isNews = short(told) !== short(stats);
    stats = told;
    if (isNews) due();
  });

  /** @type {import("./acts.js").Board} */
  const board = {
    store,
    busy: new Busy(socket, due),
    me: plan.me,
    phases: plan.phases,
    questions: plan.questions,
    colors: plan.colors,
    allow: plan.allow,
    t,
    state: () => store.view(),
    notice: (words, quoted) => {
      notices.add(words, quoted);
      say(words);
    },
    say,
    focusNote: (id) => {
      wanted = id;
      due();
    },
    open: (id, kind) => {
      look.panel = { id, kind };
      if (view === "canvas") return openDialog(board, one("[data-dialog]"), { id, kind });
      drawNow();
      const made = one(`[data-panel="${kind}"]`);
      made?.scrollIntoView({ block: "nearest" });
      (made?.querySelector("[data-autofocus]") ?? made?.querySelector("button, input"))?.focus();
    },
    close: () => {
      look.panel = null;
      const dialog = one("[data-dialog]");
      if (dialog.open) dialog.close();
      due();
    },
  };
  const canvas = new Canvas(board, one("[data-canvas]"));

  function due() {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      drawNow();
    });
  }

  function drawNow() {
    if (store.seq < 0) return;
    if (!isBegun) begin();
    const state = store.view();
    around(state);
    const isList = view === "list";
    if (isList) drawOutline(board, look, one("[data-outline]"));
    else canvas.draw();
    if (one("[data-dialog]").open && look.panel) drawDialog(board, one("[data-dialog]"), look.panel);
    if (leads(board)) drawStrip(board, one("[data-strip]"), { stats, log, urls: plan.urls, token: plan.token, budget: state.budget });
    if (wanted && !look.panel) {
      const id = CSS.escape(wanted);
      const found = one(`${isList ? "[data-outline]" : "[data-canvas]"} [data-note="${id}"]`);
      if (found) {
        const to = isList ? (found.querySelector("[data-focus=first]") ?? found.querySelector("button")) : found;
        to?.focus({ preventScroll: !isList });
        wanted = "";
      }
    }
  }

  /** The first drawing: the page is no longer waiting. */
  function begin() {
    isBegun = true;
    one("[data-loading]").remove();
    one("[data-app]").hidden = false;
    const rest = /** @type {HTMLDetailsElement | null} */ (one(".strip__rest"));
    const unfold = () => rest && (rest.open = wide.matches);
    unfold();
    wide.addEventListener("change", unfold);
    show(view);
  }

  /** @param {string} which */
  function show(which) {
    view = which;
    look.panel = null;
    document.body.dataset.view = which;
    one("[data-outline-side]").hidden = which !== "list";
    one("[data-canvas-side]").hidden = which !== "canvas";
    for (const button of document.querySelectorAll("button[data-view]")) {
      button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.view === which));
    }
    due();
    if (which === "canvas") requestAnimationFrame(() => canvas.shown());
  }

  /** What both views share. @param {any} state */
  function around(state) {
    drawHead(board, state);
    drawTabs(board, state, one("[data-tabs]"), look.scope);
    const isAside = view === "canvas" && !isWriting;
    one("[data-compose]").hidden = !may(board, "note.add") || isAside || (look.panel !== null && narrow.matches);
    for (const button of document.querySelectorAll("[data-undo]")) /** @type {HTMLButtonElement} */ (button).disabled = !store.steps.undos.length;
    for (const button of document.querySelectorAll("[data-redo]")) /** @type {HTMLButtonElement} */ (button).disabled = !store.steps.redos.length;
    notices.draw();
  }

  /** @param {string} now */
  function line(now) {
    if (now === "live" && document.body.dataset.line === "off") say(t("on_again"));
    if (now === "off") say(t("off"));
    document.body.dataset.line = now;
    one("[data-out]").hidden = now !== "out";
    due();
  }

  /** @param {any[]} effects */
  function hear(effects) {
    for (const effect of effects) {
      if (effect.op === "phase.set") {
        effect.title = plan.phases.find((/** @type {any} */ phase) => phase.id === effect.id)?.title ?? "";
        look.panel = look.panel?.kind === "text" ? look.panel : null;
        notices.drop("seat"); // of a round that is over
      }
      if (effect.op === "look.set" && effect.at) lookAt(effect.at);
      if (effect.op === "island.hide") {
        say.hush(); // its heading must not be read any more
        log = log.filter(({ of }) => of !== effect.id);
      }
      if (effect.op === "members.seat") notices.tell(seated(effect, store.confirmed, plan.me, t), "seat");
    }
    if (!heard.length) setTimeout(speak, HEARD_MS);
    heard.push(...effects);
  }

  function speak() {
    const sentences = told(heard, store.view(), plan.me, t);
    heard = [];
    if (!sentences.length) return;
    say(sentences.map(({ words }) => words).join("　"));
    const at = new Date(store.now()).toLocaleTimeString("ja-JP", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Tokyo" });
    log = [...sentences.map(({ words, of }) => ({ words: `${at}　${words}`, of })).reverse(), ...log].slice(0, LOG);
    due();
  }

  /** The facilitator shows everybody something. @param {string} at an island or a table */
  function lookAt(at) {
    if (view === "canvas") return canvas.lookAt(at);
    look.scope = "all";
    look.find = "";
    look.open.set(`isle-${at}`, true);
    requestAnimationFrame(() => {
      drawNow();
      const isle = one(`[data-isle="${CSS.escape(at)}"]`);
      if (isle) isle.open = true;
      (isle ?? document.getElementById(`t-${at}`))?.scrollIntoView({ block: "start" });
    });
  }

  /** @param {any} asked @param {string} said */
  function refused(asked, said) {
    board.notice(said, asked.text ?? asked.title ?? "");
  }

  one("[data-dialog]").addEventListener("close", () => {
    const id = look.panel?.id;
    look.panel = null;
    if (id) board.focusNote(id);
  });

  for (const button of document.querySelectorAll("button[data-view]")) {
    button.addEventListener("click", () => {
      const which = /** @type {HTMLElement} */ (button).dataset.view ?? "list";
      kept?.setItem(VIEW, which);
      show(which);
    });
  }
  for (const tab of one("[data-tabs]").children) {
    tab.addEventListener("click", () => {
      look.scope = tab.dataset.tab;
      due();
    });
  }
  for (const button of document.querySelectorAll("[data-undo]")) button.addEventListener("click", () => undo());
  for (const button of document.querySelectorAll("[data-redo]")) button.addEventListener("click", () => redo());
  const undo = () => say(t(store.undo() ? "undone" : "nothing_undone"));
  const redo = () => say(t(store.redo() ? "redone" : "nothing_undone"));
  document.addEventListener("keydown", (event) => {
    if (/** @type {HTMLElement} */ (event.target).closest("textarea, input, select, dialog")) return;
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || !["z", "y"].includes(key)) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) redo();
    else undo();
  });
  one("[data-add-note]").addEventListener("click", () => {
    isWriting = true;
    drawNow();
    one("[data-compose] textarea").focus();
  });
  one("[data-compose]").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || view !== "canvas") return;
    isWriting = false;
    drawNow();
    one("[data-add-note]").focus();
  });
  one("[data-outline]").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => onListKey(board, event));
  one("[data-find]").addEventListener("input", (/** @type {any} */ event) => {
    look.find = event.target.value.trim();
    canvas.find(look.find);
    due();
  });
  one("[data-find]").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && view === "canvas") canvas.next();
  });

  compose(one("[data-compose]"), board, kept, () => canvas.middle(view === "canvas"));
  runs(
    () => {
      const { timer, phase } = store.confirmed;
      const minutes = plan.phases.find((/** @type {any} */ step) => step.id === phase)?.minutes ?? 0;
      return { timer, now: store.now(), whole: minutes * 60_000 };
    },
    t,
    say,
  );
  void store.start();
}

const root = /** @type {HTMLElement | null} */ (one("[data-board]"));
if (root) start(root);
