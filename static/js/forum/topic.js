// @ts-check
/**
 * A topic that stays current: new posts appear at their place without moving what one reads, and
 * are said once, politely. Answering happens under the post. Without this script all is there too.
 *
 * @typedef {{last: number, ahead: number[], at: string, waiting: number, first: string}} State
 * All posts up to number `last` were seen, and those `ahead` of it; `at` is when the page was last
 * known to be whole, `waiting` how many new posts were announced and not yet read, `first` the id
 * or address of the first of them.
 */

import { io } from "../../vendor/socket.io-client-4.8.4/socket.io.esm.min.js";

const ASK_EVERY_MS = 60_000; // while there is no connection

/** Posts may arrive out of order: `last` waits for the gap to close. @param {State} state @param {number} number @param {string} where @returns {State} */
export function arrived(state, number, where) {
  const first = state.waiting === 0 ? where : state.first;
  let ahead = [...state.ahead, number];
  let last = state.last;
  while (ahead.includes(last + 1)) last += 1;
  ahead = ahead.filter((one) => one > last);
  return { ...state, last, ahead, waiting: state.waiting + 1, first };
}

/** @param {State} state @param {number} number */
export function wasSeen(state, number) {
  return number <= state.last || state.ahead.includes(number);
}

/** @param {State} state @returns {State} */
export function wasRead(state) {
  return { ...state, waiting: 0, first: "" };
}

/**
 * Which of the posts shown the new one stands before: the first that is read after it.
 * @param {string[]} paths in the order shown
 * @param {string} path
 * @returns {number} an index, `paths.length` for the end
 */
export function placeOf(paths, path) {
  const found = paths.findIndex((other) => other > path);
  return found < 0 ? paths.length : found;
}

/** Whether a path belongs on a page that shows `from` … `to` ("" is open). @param {string} path @param {string} from @param {string} to */
export function isOnPage(path, from, to) {
  return (from === "" || path >= from) && (to === "" || path <= to);
}

/** @param {string} url @returns {Promise<HTMLElement | null>} */
async function fetched(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (!answer.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const item = page.querySelector("li.said");
  return item ? /** @type {HTMLElement} */ (document.adoptNode(item)) : null;
}

/** Change the list so that what is on the screen stays where it is. @param {HTMLElement} list @param {() => void} change */
function unmoved(list, change) {
  const anchor = [...list.children].find((item) => item.getBoundingClientRect().bottom > 0);
  const before = anchor?.getBoundingClientRect().top ?? 0;
  change();
  if (!anchor?.isConnected) return;
  const moved = anchor.getBoundingClientRect().top - before;
  if (moved !== 0) scrollBy({ top: moved, behavior: "instant" });
}

/** @param {HTMLElement} list */
function live(list) {
  const news = /** @type {HTMLElement} */ (document.querySelector("[data-news]"));
  const said = /** @type {HTMLElement} */ (news.querySelector("[data-said]"));
  const go = /** @type {HTMLAnchorElement} */ (news.querySelector("[data-go]"));
  const { topic = "", from = "", to = "", since = "", one = "", many = "" } = list.dataset;
  /** @type {State} */
  let state = { last: Number(list.dataset.last), ahead: [], at: list.dataset.at ?? "", waiting: 0, first: "" };
  /** @type {Promise<void>} what is fetched is put in one after the other */
  let turn = Promise.resolve();

  function draw() {
    said.textContent = state.waiting === 0 ? "" : state.waiting === 1 ? one : many.replace("{n}", String(state.waiting));
    news.classList.toggle("is-on", state.waiting > 0);
    go.hidden = state.waiting === 0;
    go.href = state.first || "#thread";
  }

  /** @param {string} id */
  async function show(id) {
    const item = await fetched(`/p/${encodeURIComponent(id)}/fragment`);
    if (!item) return;
    const there = list.querySelector(`[data-post="${CSS.escape(id)}"]`);
    if (there) {
      const composer = there.querySelector("#write");
      unmoved(list, () => there.replaceWith(item));
      if (composer) item.append(composer);
      return;
    }
    const path = item.dataset.path ?? "";
    const number = Number(item.dataset.number);
    if (wasSeen(state, number)) return; // it is on another page
    const here = isOnPage(path, from, to);
    if (here) {
      const items = [...list.querySelectorAll("li.said")];
      const at = placeOf(items.map((other) => /** @type {HTMLElement} */ (other).dataset.path ?? ""), path);
      item.classList.add("said--new");
      unmoved(list, () => list.insertBefore(item, items[at] ?? null));
      document.querySelector("[data-none]")?.setAttribute("hidden", "");
    }
    state = arrived(state, number, here ? `#${item.id}` : `/p/${id}`);
    draw();
  }

  /** @param {string} id */
  const inTurn = (id) => {
    turn = turn.then(() => show(id)).catch(() => undefined); // the next catching up fetches it again
    return turn;
  };

  async function catchUp() {
    const url = since.replace(/0$/, String(state.last)) + `?at=${encodeURIComponent(state.at)}`;
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const missed = await answer.json();
    await Promise.all(missed.ids.map(inTurn));
    state = { ...state, at: missed.at };
    if (!missed.is_all) await catchUp();
  }

  go.addEventListener("click", () => {
    state = wasRead(state);
    draw();
  });

  const socket = io({ transports: ["websocket"], reconnectionDelayMax: 30_000 });
  socket.on("connect", () => {
    socket.emit("join", { topic }, () => catchUp().catch(() => undefined));
  });
  socket.on("post", (/** @type {{id: string}} */ { id }) => inTurn(id));
  socket.on("changed", (/** @type {{id: string}} */ { id }) => inTurn(id));
  setInterval(() => {
    if (!socket.connected && !document.hidden) catchUp().catch(() => undefined);
  }, ASK_EVERY_MS);
}

/** Answer where one reads: the composer goes under the post. @param {HTMLElement} list @param {HTMLElement} composer */
function answering(list, composer) {
  const parent = /** @type {HTMLInputElement} */ (composer.querySelector("[name=parent]"));
  const box = /** @type {HTMLElement} */ (composer.querySelector("#write-to"));
  const to = /** @type {HTMLElement} */ (box.querySelector("[data-to]"));
  const quote = /** @type {HTMLElement} */ (box.querySelector("[data-quote]"));
  const field = /** @type {HTMLTextAreaElement} */ (composer.querySelector("textarea"));
  const home = document.createComment("composer");
  composer.before(home);

  list.addEventListener("click", (event) => {
    const link = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-reply]"));
    const item = /** @type {HTMLElement | null} */ (link?.closest("li.said") ?? null);
    if (!link || !item) return;
    event.preventDefault();
    parent.value = link.dataset.reply ?? "";
    to.textContent = (list.dataset.replyTo ?? "").replace("{n}", item.dataset.number ?? "");
    quote.textContent = "";
    box.hidden = false;
    item.append(composer);
    field.focus();
    composer.scrollIntoView({ block: "nearest" });
  });

  function goHome() {
    parent.value = "";
    box.hidden = true;
    home.after(composer);
  }
  composer.querySelector("[data-no-reply]")?.addEventListener("click", (event) => {
    event.preventDefault();
    goHome();
    field.focus();
  });
  for (const link of document.querySelectorAll('a[href="#write"]')) link.addEventListener("click", goHome);
}

/** Links to a post that is on this page go there at once. @param {HTMLElement} main */
function jumping(main) {
  main.addEventListener("click", (event) => {
    const link = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-jump]"));
    const item = link && document.getElementById(link.dataset.jump ?? "");
    if (!item) return;
    event.preventDefault();
    location.hash = item.id;
    item.focus();
  });
}

if (typeof document !== "undefined") {
  const list = document.getElementById("thread");
  const composer = document.getElementById("write");
  if (list) {
    live(list);
    jumping(document.body);
    if (composer instanceof HTMLFormElement) answering(list, composer);
  }
}
