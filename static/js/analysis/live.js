// @ts-check
// Two officers at one desk: who is here, who writes which answer, what somebody has just changed.
// Lists are brought up to date; what one is reading or writing stays until one asks for the newest.

import { io } from "../../vendor/socket.io-client-4.8.4/socket.io.esm.min.js";
import { renewed } from "./list.js";

/** @typedef {{id: string, name: string, at: string}} Person */

/** How a name is shown in a circle: the first letter of its last word. @param {string} name */
export function initial(name) {
  const words = name.trim().split(/[\s　]+/);
  return [...(words[words.length - 1] ?? "")][0] ?? "";
}

/**
 * What is said of the others at the desk.
 * @param {Person[]} people
 * @param {string} me
 * @param {(at: string) => string} titleOf "" for what is not on the page
 */
export function others(people, me, titleOf) {
  return people.filter((person) => person.id !== me).map((person) => ({ ...person, title: person.at ? titleOf(person.at) : "" }));
}

/**
 * Whether a change, by somebody else or on another page of one's own, concerns what is open here.
 * @param {{themes: string[]}} news
 * @param {string} open
 */
export function concerns(news, open) {
  return news.themes.includes(open);
}

/** @param {HTMLElement} place */
function live(place) {
  const { desk = "", me = "", open = "", writes = "", changed = "" } = place.dataset;
  const circles = /** @type {HTMLElement} */ (place.querySelector("[data-circles]"));
  const said = /** @type {HTMLElement} */ (place.querySelector("[data-said]"));
  const notice = /** @type {HTMLElement | null} */ (document.querySelector("[data-desk-news]"));
  const words = notice?.querySelector("[data-words]");
  const item = (/** @type {string} */ id) => document.querySelector(`[data-drop="${CSS.escape(id)}"]`);
  const titleOf = (/** @type {string} */ id) => item(id)?.querySelector(".tlist__t")?.textContent?.trim() ?? "";
  /** @type {Person[]} */
  let people = [];
  const draw = () => {
    circles.replaceChildren(...people.slice(0, 6).map((person, index) => {
      const circle = document.createElement("span");
      circle.className = `person person--${(index % 4) + 1}`;
      circle.textContent = initial(person.name);
      circle.title = person.name;
      return circle;
    }));
    place.hidden = people.length < 2;
    const busy = others(people, me, titleOf);
    circles.setAttribute("aria-label", people.map((person) => person.name).join("、"));
    said.textContent = busy.filter((one) => one.title).map((one) => writes.replace("%n", one.name).replace("%t", one.title)).join("　");
    for (const old of document.querySelectorAll("[data-busy]")) old.remove();
    for (const one of busy) {
      if (!one.at) continue;
      const mark = document.createElement("span");
      mark.dataset.busy = "";
      mark.className = "tlist__note";
      mark.textContent = (place.dataset.writing ?? "").replace("%n", one.name);
      item(one.at)?.append(mark);
    }
  };
  const socket = io({ transports: ["websocket"], reconnectionDelayMax: 30_000 });
  let isWriting = "";
  const say = (/** @type {string} */ at) => {
    if (at === isWriting) return;
    isWriting = at;
    socket.emit("desk.writing", { at });
  };
  socket.on("connect", () => socket.emit("desk.join", { desk }, (/** @type {{people?: Person[]}} */ answer) => {
    people = answer.people ?? [];
    draw();
    if (isWriting) socket.emit("desk.writing", { at: isWriting });
  }));
  socket.on("disconnect", () => {
    people = [];
    draw();
  });
  socket.on("desk.here", (/** @type {{people: Person[]}} */ news) => {
    people = news.people;
    draw();
  });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  socket.on("desk.changed", (/** @type {{themes: string[], by: string, name: string}} */ news) => {
    clearTimeout(timer);
    timer = setTimeout(() => void refresh().then(draw), 400);
    if (concerns(news, open) && notice && words) {
      words.textContent = news.by === me ? place.dataset.changedHere ?? "" : changed.replace("%n", news.name);
      notice.hidden = false;
    }
  });
  const form = document.querySelector("form#answer");
  const at = place.dataset.target ?? "";
  form?.addEventListener("input", () => say(at));
  form?.addEventListener("submit", () => say(""));
  addEventListener("pagehide", () => socket.disconnect());
}

/** Bring the list of themes, its boxes and the figures up to date, whatever stands beside them. */
async function refresh() {
  document.dispatchEvent(new Event("desk:changed"));
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const name = CSS.escape(/** @type {HTMLElement} */ (part).dataset.fresh ?? "");
    const newer = (await renewed(/** @type {HTMLElement} */ (part))) ?? fresh.querySelector(`[data-fresh="${name}"]`);
    if (!newer) continue;
    const { scrollTop } = part;
    const held = part.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    part.replaceChildren(...[...newer.childNodes].map((node) => document.importNode(node, true)));
    const again = held ? part.querySelector(`[href="${CSS.escape(held)}"]`) : null;
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
    part.scrollTop = scrollTop;
  }
}

if (typeof document !== "undefined") {
  const place = document.querySelector("[data-desk]");
  if (place instanceof HTMLElement) live(place);
}
