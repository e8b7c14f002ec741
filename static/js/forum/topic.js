// @ts-check
/**
 * A topic that stays current: new posts appear at their place without moving what one reads, and
 * are said once, politely. Answering happens under the post. Without this script all is there too.
 */

import { io } from "../../vendor/socket.io-client-4.8.4/socket.io.esm.min.js";
import { arrived, began, isOnPage, placeOf, wasHidden, wasRead, wasSeen } from "./news.js";

const ASK_EVERY_MS = 60_000; // while there is no connection
const SPREAD_MS = 4_000; // a whole page is fetched by its readers one after the other
const AGAIN_MS = 5_000; // a post that could not be fetched

/** Raises when asking again may help. @param {string} url @returns {Promise<Document | null>} */
async function page(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
  return answer.ok ? parsed(await answer.text()) : null;
}

/** @param {string} html */
const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

/** A post as it came with its news (then its forms lack this browser's proof), or as it is fetched.
 * @param {string} id @param {string | undefined} html @returns {Promise<HTMLElement | null>} */
async function drawn(id, html) {
  const there = html ? parsed(html) : await page(`/p/${encodeURIComponent(id)}/fragment`);
  const item = there?.querySelector("li.said");
  const proof = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=csrf_token]"))?.value;
  if (html && proof) {
    for (const field of item?.querySelectorAll("input[name=csrf_token]") ?? []) field.setAttribute("value", proof);
  }
  return item ? /** @type {HTMLElement} */ (document.adoptNode(item)) : null;
}

let leftOver = 0; // browsers scroll by whole pixels: many changes must not add up to a move

/**
 * Change the list so that what one reads stays where it is: the post with the focus, else the first
 * that begins on the screen (what stands above it may grow upwards), else the one that fills it.
 * @param {HTMLElement} list
 * @param {() => void} change
 */
function unmoved(list, change) {
  const items = [...list.children];
  const isBegun = (/** @type {Element} */ item) => {
    const { top } = item.getBoundingClientRect();
    return top >= 0 && top < innerHeight;
  };
  const anchor =
    items.find((item) => item.contains(document.activeElement) && isBegun(item)) ??
    items.find(isBegun) ??
    items.find((item) => item.getBoundingClientRect().bottom > 0);
  const before = (anchor?.getBoundingClientRect().top ?? 0) - leftOver;
  change();
  if (!anchor?.isConnected) return;
  scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
  leftOver = anchor.getBoundingClientRect().top - before;
}

/** Put in what stands around the posts (summary, title, state) as it reads now. @returns {Promise<void>} */
async function around() {
  const fresh = await page(location.pathname + location.search);
  for (const part of document.querySelectorAll("[data-live]")) {
    const name = CSS.escape(/** @type {HTMLElement} */ (part).dataset.live ?? "");
    const newer = fresh?.querySelector(`[data-live="${name}"]`);
    if (newer && !part.contains(document.activeElement)) part.replaceWith(document.adoptNode(newer));
  }
}

/**
 * What to say of a post that reads otherwise than before, in the words it carries itself; "" when
 * only this reader's own buttons changed.
 * @param {HTMLElement} before
 * @param {HTMLElement} after
 */
function difference(before, after) {
  const gone = after.querySelector(".tombstone b");
  if (gone) return before.querySelector(".tombstone") ? "" : gone.textContent ?? "";
  const words = (/** @type {HTMLElement} */ item) => item.querySelector(".post__body");
  if (words(before)?.isEqualNode(words(after))) return "";
  const parts = [".post__n", '.post__notes a[href$="/history"]'].map((part) => after.querySelector(part)?.textContent ?? "");
  return parts.filter((part) => part !== "").join("　");
}

/** @param {HTMLElement} list */
function live(list) {
  const news = /** @type {HTMLElement} */ (document.querySelector("[data-news]"));
  const said = /** @type {HTMLElement} */ (news.querySelector("[data-said]"));
  const go = /** @type {HTMLAnchorElement} */ (news.querySelector("[data-go]"));
  const { topic = "", from = "", to = "", since = "", one = "", many = "", around: changed = "" } = list.dataset;
  const sort = list.dataset.sort ?? "tree";
  const changes = document.createElement("p"); // beside the count of new posts, which stays true
  changes.className = "only-read";
  changes.setAttribute("role", "status");
  news.after(changes);
  let state = began(Number(list.dataset.last), list.dataset.at ?? "");
  /** @type {Promise<void>} what is fetched is put in one after the other */
  let turn = Promise.resolve();

  function draw() {
    const count = state.waiting.length;
    said.textContent = count === 0 ? "" : count === 1 ? one : many.replace("{n}", String(count));
    news.classList.toggle("is-on", count > 0);
    go.hidden = count === 0;
    go.href = state.waiting[0]?.where ?? "#thread";
  }

  /** Where a new post goes on this page: an index, or -1. @param {string} path @param {HTMLElement[]} items */
  function place(path, items) {
    if (sort === "new") return from === "" ? 0 : -1;
    if (sort !== "tree" || !isOnPage(path, from, to)) return -1;
    return placeOf(items.map((other) => other.dataset.path ?? ""), path);
  }

  /** @param {HTMLElement} there @param {HTMLElement} item */
  function replace(there, item) {
    if (there.contains(document.activeElement) && there.outerHTML === item.outerHTML) return;
    const composer = there.querySelector("#write");
    const had = there.contains(document.activeElement) ? document.activeElement : null;
    const way = had instanceof HTMLElement ? had.dataset.focus : undefined;
    for (const mark of ["is-unread", "said--new"]) item.classList.toggle(mark, there.classList.contains(mark));
    unmoved(list, () => there.replaceWith(item));
    if (composer) item.append(composer);
    if (had && composer?.contains(had)) /** @type {HTMLElement} */ (had).focus();
    else if (had) (way ? /** @type {HTMLElement | null} */ (item.querySelector(`[data-focus="${CSS.escape(way)}"]`)) ?? item : item).focus();
  }

  /** @param {string} id @param {string} [html] */
  async function show(id, html) {
    const item = await drawn(id, html);
    if (!item) return;
    const isShown = item.querySelector("article") !== null;
    if (!isShown) state = wasHidden(state, id);
    const there = /** @type {HTMLElement | null} */ (list.querySelector(`[data-post="${CSS.escape(id)}"]`));
    const number = Number(item.dataset.number);
    if (there) {
      const told = difference(there, item);
      replace(there, item);
      if (told !== "") changes.textContent = told;
      draw();
      return;
    }
    if (number <= 0 || wasSeen(state, number)) {
      draw(); // it is on another page
      return;
    }
    const items = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("li.said")]);
    const at = place(item.dataset.path ?? "", items);
    if (at >= 0) {
      item.classList.add("said--new");
      unmoved(list, () => list.insertBefore(item, items[at] ?? null));
      document.querySelector("[data-none]")?.setAttribute("hidden", "");
      list.dispatchEvent(new CustomEvent("said", { detail: { number } }));
    }
    const isMine = item.dataset.mine !== undefined;
    state = arrived(state, number, isShown && !isMine ? { id, where: at >= 0 ? `#${item.id}` : `/p/${id}` } : null);
    draw();
  }

  /** @type {Set<string>} what could not be fetched */
  const owed = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  function askAgain() {
    clearTimeout(waiting);
    for (const id of owed) inTurn(id);
  }

  /** @param {string} id @param {string} [html] */
  function inTurn(id, html) {
    turn = turn
      .then(() => show(id, html))
      .then(() => void owed.delete(id))
      .catch(() => {
        owed.add(id);
        clearTimeout(waiting);
        waiting = setTimeout(askAgain, AGAIN_MS);
      });
    return turn;
  }

  async function catchUp() {
    const url = since.replace(/0$/, String(state.last)) + `?at=${encodeURIComponent(state.at)}`;
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const missed = await answer.json();
    await Promise.all(missed.ids.map((/** @type {string} */ id) => inTurn(id)));
    state = { ...state, at: missed.at };
    if (!missed.is_all) await catchUp();
  }

  /** @param {number | undefined} count */
  function here(count) {
    for (const place of document.querySelectorAll("[data-here]")) {
      const element = /** @type {HTMLElement} */ (place);
      element.hidden = !count || count < 2;
      element.textContent = (element.dataset.here ?? "").replace("{n}", String(count));
    }
  }

  go.addEventListener("click", () => {
    state = wasRead(state);
    draw();
  });

  const socket = io({ transports: ["websocket"], reconnectionDelayMax: 30_000 });
  socket.on("connect", () => {
    socket.emit("join", { topic }, (/** @type {{here?: number}} */ answer) => {
      here(answer?.here);
      catchUp().catch(() => undefined);
    });
  });
  socket.on("disconnect", () => here(0));
  for (const event of ["post", "changed"]) {
    socket.on(event, (/** @type {{id: string, html?: string}} */ { id, html }) => inTurn(id, html));
  }
  socket.on("here", (/** @type {{n: number}} */ { n }) => here(n));
  socket.on("topic", () => {
    setTimeout(async () => {
      await around();
      changes.textContent = changed;
    }, Math.random() * SPREAD_MS);
  });
  addEventListener("online", () => {
    askAgain();
    socket.connect(); // does not wait for its next try; connected, it does nothing
  });
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
