// @ts-check
/**
 * How far one has read. What was on the screen for a second was seen: told to the ward's server by
 * those with an account, kept in this browser by everybody else. Nothing moves because of it.
 *
 * @typedef {number[][]} Spans sorted, disjoint [first, last] of post numbers
 * @typedef {{spans: Spans, at: number}} Kept
 */

const SEEN_MS = 1_000;
const SEND_EVERY_MS = 5_000;
const KEY = "read:";
const MOST_KEPT = 200; // topics
const MOST_SENT = 400; // spans, as forum/spans.py reads them

/** Two sets of numbers as one. @param {Spans} one @param {Spans} other @returns {Spans} */
export function union(one, other) {
  /** @type {Spans} */
  const kept = [];
  for (const [first, last] of [...one, ...other].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const before = kept[kept.length - 1];
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else kept.push([first, last]);
  }
  return kept;
}

/** @param {Spans} spans @param {number} number */
export function has(spans, number) {
  return spans.some(([first, last]) => first <= number && number <= last);
}

/** As the server reads it: 1-50,60. @param {Spans} spans */
export function said(spans) {
  return spans.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

/** What a browser kept, if it is what this script wrote. @param {string | null} text @returns {Kept | null} */
export function read(text) {
  try {
    const kept = JSON.parse(text ?? "null");
    const isSpan = (/** @type {unknown} */ one) => Array.isArray(one) && one.length === 2 && one.every(Number.isInteger);
    return kept && Array.isArray(kept.spans) && kept.spans.every(isSpan) ? { spans: union(kept.spans, []), at: Number(kept.at) || 0 } : null;
  } catch {
    return null;
  }
}

/** @param {Element} item */
const numberOf = (item) => Number(/** @type {HTMLElement} */ (item).dataset.number);

/** Call `seen` with each post that stood on the screen for a second. @param {(item: HTMLElement) => void} seen */
function watching(seen) {
  /** @type {Map<Element, ReturnType<typeof setTimeout>>} */
  const waiting = new Map();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, intersectionRatio, intersectionRect } of entries) {
        clearTimeout(waiting.get(target));
        waiting.delete(target);
        const isThere = isIntersecting && (intersectionRatio >= 0.6 || intersectionRect.height > innerHeight / 2);
        if (isThere && !document.hidden) waiting.set(target, setTimeout(() => done(target), SEEN_MS));
      }
    },
    { threshold: [0, 0.25, 0.6, 1] },
  );
  /** @param {Element} target */
  function done(target) {
    waiting.delete(target);
    if (document.hidden) return; // looked at again when the page is
    observer.unobserve(target);
    seen(/** @type {HTMLElement} */ (target));
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const item of watched) {
      observer.unobserve(item);
      if (item.isConnected) observer.observe(item);
    }
  });
  /** @type {Set<Element>} */
  const watched = new Set();
  return {
    /** @param {Element} item */
    watch(item) {
      watched.add(item);
      observer.observe(item);
    },
    /** @param {Element} item */
    leave(item) {
      watched.delete(item);
    },
  };
}

/** Tell the server what was read, every few seconds and when the page is left. @param {HTMLFormElement} form */
function telling(form) {
  /** @type {Spans} */
  let pending = [];
  let isDue = false; // also with nothing new: what happened since was read
  let failures = 0;
  async function send() {
    if (!isDue || failures > 3) return;
    const sent = pending.slice(0, MOST_SENT);
    const body = new FormData(form);
    body.set("read", said(sent));
    pending = pending.slice(MOST_SENT);
    isDue = pending.length > 0;
    try {
      const answer = await fetch(form.action, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } });
      failures = answer.ok ? 0 : failures + 1;
      if (!answer.ok) throw new Error(String(answer.status));
    } catch {
      failures += 1;
      pending = union(pending, sent);
      isDue = true;
    }
  }
  setInterval(send, SEND_EVERY_MS);
  addEventListener("pagehide", () => void send());
  document.addEventListener("visibilitychange", () => document.hidden && void send());
  return (/** @type {number | null} */ number) => {
    if (number !== null) pending = union(pending, [[number, number]]);
    isDue = true;
  };
}

/** Keep what was read in this browser. @param {string} topic */
function keeping(topic) {
  const store = (() => {
    try {
      return localStorage;
    } catch {
      return null; // switched off: nothing is kept
    }
  })();
  const before = store ? read(store.getItem(KEY + topic)) : null;
  let spans = before?.spans ?? [];
  let isDue = false;
  function keep() {
    if (!store || !isDue) return;
    isDue = false;
    const others = Object.keys(store).filter((key) => key.startsWith(KEY) && key !== KEY + topic);
    if (others.length >= MOST_KEPT) {
      const oldest = others.sort((a, b) => (read(store.getItem(a))?.at ?? 0) - (read(store.getItem(b))?.at ?? 0))[0];
      store.removeItem(oldest);
    }
    try {
      // another tab may have read on meanwhile
      spans = union(spans, read(store.getItem(KEY + topic))?.spans ?? []);
      store.setItem(KEY + topic, JSON.stringify({ spans, at: Date.now() }));
    } catch {
      // the browser's store is full: only the marker is lost
    }
  }
  setInterval(keep, SEEN_MS);
  addEventListener("pagehide", keep);
  return {
    before: before?.spans ?? null,
    add(/** @type {number} */ number) {
      spans = union(spans, [[number, number]]);
      isDue = true;
    },
  };
}

/** What the server draws for people with an account, drawn from what this browser knows. @param {HTMLElement} list @param {HTMLElement} place @param {Spans} spans */
async function mark(list, place, spans) {
  const items = [...list.querySelectorAll("li.said[data-number]")].filter((item) => item.querySelector("article"));
  const unread = items.filter((item) => !has(spans, numberOf(item)));
  for (const item of unread) item.classList.add("is-unread");
  const url = `${place.dataset.unread}?read=${said(spans.slice(0, MOST_SENT))}`;
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { count, shown, first, url: where } = await answer.json();
  const jump = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-to-unread]"));
  const nav = jump?.parentElement;
  if (count === 0 && shown > 0 && nav && jump) {
    const all = document.createElement("p");
    all.className = "topic__read";
    all.textContent = (place.dataset.all ?? "").replace("{n}", shown.toLocaleString("en"));
    jump.after(all);
    return;
  }
  const here = list.dataset.sort === "tree" ? document.getElementById(`p-${first}`) : null;
  if (here) {
    const line = document.createElement("li");
    line.className = "unread";
    line.id = "unread";
    line.tabIndex = -1;
    const words = document.createElement("span");
    words.textContent = (place.dataset.line ?? "").replace("{n}", count.toLocaleString("en"));
    line.append(words);
    const top = here.getBoundingClientRect().top;
    here.before(line);
    const moved = here.getBoundingClientRect().top - top;
    if (top < innerHeight && scrollY > 0) scrollBy({ top: moved, behavior: "instant" });
  }
  if (jump && where) {
    jump.href = here ? "#unread" : where;
    jump.hidden = false;
  }
}

function start() {
  const list = document.getElementById("thread");
  const place = /** @type {HTMLElement | null} */ (document.querySelector("[data-reading]"));
  if (!list || !place || !("IntersectionObserver" in window)) return;
  const form = /** @type {HTMLFormElement | null} */ (place.querySelector("form"));
  const isKnown = place.dataset.known !== undefined;
  const tell = form ? telling(form) : null;
  const kept = form ? null : keeping(list.dataset.topic ?? "");
  form?.querySelector("[data-here-read]")?.setAttribute("hidden", ""); // it happens by itself
  if (kept?.before) mark(list, place, kept.before).catch(() => undefined);

  const { watch, leave } = watching((item) => {
    leave(item);
    if (item.hasAttribute("data-since-panel")) {
      tell?.(null);
      return;
    }
    tell?.(numberOf(item));
    kept?.add(numberOf(item));
    item.classList.add("is-seen");
  });
  /** What the server knows to be read is not told again. @param {Element} item */
  const isNews = (item) => !form || !isKnown || item.classList.contains("is-unread") || item.classList.contains("said--new");
  for (const item of list.querySelectorAll("li.said[data-number]")) if (isNews(item)) watch(item);
  // what arrives, or is drawn anew after an edit, while the page is open
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node instanceof HTMLElement && node.matches("li.said[data-number]:not([data-mine], .is-seen)") && (kept || node.matches(".is-unread, .said--new"))) watch(node);
      }
    }
  }).observe(list, { childList: true });
  const panel = document.querySelector("[data-since-panel]");
  if (panel && tell) watch(panel);
}

if (typeof document !== "undefined") start();
