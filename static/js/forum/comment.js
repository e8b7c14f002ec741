// @ts-check
/**
 * Public comment: boxes are added in place, the draft is kept in this browser until it is sent,
 * chapters are turned without leaving what was typed. Without this script every button is a submit
 * that comes back with the whole form. (Drafts of one field are core/page.js's; here are many.)
 *
 * @typedef {{section: string, body: string}} Point
 * @typedef {{savedAt: number, points: Point[]}} Draft
 */

import { length } from "../core/page.js";

const KEEP_DAYS = 30; // a draft left on a shared computer does not stay for ever
const SAVE_AFTER_MS = 400;

/** The points worth keeping. @param {Point[]} points @returns {Point[]} */
export function worthKeeping(points) {
  return points.filter((point) => point.body.trim() !== "");
}

/** Which box a place goes to: the one about it, an empty last one, else a new one (-1). @param {Point[]} points @param {string} place @returns {number} */
export function boxFor(points, place) {
  const about = points.findIndex((point) => point.section === place);
  if (about >= 0) return about;
  const last = points.length - 1;
  const isFree = last >= 0 && (points[last].body.trim() === "" || points[last].section === "");
  return isFree ? last : -1;
}

/** @param {string | null} stored @param {number} now @returns {Draft | null} */
export function readDraft(stored, now) {
  if (!stored) return null;
  try {
    const draft = /** @type {Draft} */ (JSON.parse(stored));
    const isFresh = now - draft.savedAt < KEEP_DAYS * 86_400_000;
    return isFresh && worthKeeping(draft.points).length ? draft : null;
  } catch {
    return null;
  }
}

/** @param {string} key */
const storageKey = (key) => `tomoni.draft.${key}`;

/** @param {string} key @returns {Draft | null} */
function keptDraft(key) {
  try {
    return readDraft(localStorage.getItem(storageKey(key)), Date.now());
  } catch {
    return null; // storage is refused in some private windows
  }
}

/** @param {string} key @param {Point[]} points @returns {boolean} whether something is kept now */
function keep(key, points) {
  try {
    const kept = worthKeeping(points);
    if (!kept.length) localStorage.removeItem(storageKey(key));
    else localStorage.setItem(storageKey(key), JSON.stringify({ savedAt: Date.now(), points: kept }));
    return kept.length > 0;
  } catch {
    return false;
  }
}

/** @param {string} key */
function forget(key) {
  try {
    localStorage.removeItem(storageKey(key));
  } catch {
    // nothing was kept
  }
}

/** @template {Element} E @param {string} selector @param {ParentNode} [within] @returns {E[]} */
const all = (selector, within = document) => /** @type {E[]} */ ([...within.querySelectorAll(selector)]);

/** The boxes of the form. @param {HTMLFormElement} form @param {HTMLElement} list */
function boxes(form, list) {
  const most = Number(list.dataset.most);
  const heading = list.dataset.heading ?? "{n}";
  const blank = /** @type {HTMLTemplateElement} */ (form.querySelector("template[data-blank]"));
  const undo = /** @type {HTMLElement} */ (form.querySelector("[data-undo]"));
  const addButton = /** @type {HTMLButtonElement | null} */ (form.querySelector('button[value="add"]'));
  let next = all("[data-point]", list).length;
  /** @type {{box: Element, before: Element | null} | null} */
  let removed = null;

  const here = () => /** @type {HTMLElement[]} */ (all("[data-point]", list));
  /** @param {Element} box */
  const section = (box) => /** @type {HTMLSelectElement} */ (box.querySelector("select"));
  /** @param {Element} box */
  const body = (box) => /** @type {HTMLTextAreaElement} */ (box.querySelector("textarea"));
  /** @returns {Point[]} */
  const points = () => here().map((box) => ({ section: section(box).value, body: body(box).value }));

  /** Number the boxes, count letters, mark the places that are written about. */
  function draw() {
    const found = here();
    found.forEach((box, index) => {
      const legend = box.querySelector("legend");
      if (legend) legend.textContent = heading.replace("{n}", String(index + 1));
      const away = /** @type {HTMLElement} */ (box.querySelector(".point__away"));
      away.hidden = found.length < 2;
      const text = body(box).value;
      const count = box.querySelector("[data-count]");
      const line = /** @type {HTMLElement | null} */ (box.querySelector("[data-limit]"));
      const now = length(text);
      if (count) count.textContent = now.toLocaleString("en");
      line?.classList.toggle("field__error", now > Number(line.dataset.limit));
      line?.classList.toggle("field__count", now <= Number(line.dataset.limit));
    });
    if (addButton) addButton.hidden = found.length >= most;
    const about = new Set(points().map((point) => point.section));
    for (const place of /** @type {HTMLElement[]} */ (all("[data-place]"))) {
      const isChosen = about.has(place.dataset.place ?? "");
      const button = place.querySelector("[data-about]");
      place.classList.toggle("is-chosen", isChosen);
      button?.classList.toggle("button--plain", !isChosen);
      if (isChosen) button?.setAttribute("aria-current", "true");
      else button?.removeAttribute("aria-current");
    }
  }

  /** @param {Point} [point] @returns {HTMLElement} */
  function add(point = { section: "", body: "" }) {
    const copy = /** @type {DocumentFragment} */ (blank.content.cloneNode(true));
    for (const element of all("*", copy)) {
      for (const name of ["id", "name", "for", "aria-describedby", "data-counts", "data-point"]) {
        const value = element.getAttribute(name);
        if (value !== null) element.setAttribute(name, name === "data-point" ? String(next) : value.replaceAll("points-N-", `points-${next}-`));
      }
    }
    const box = /** @type {HTMLElement} */ (copy.querySelector("[data-point]"));
    section(box).value = point.section;
    body(box).value = point.body;
    next += 1;
    list.append(copy);
    return box;
  }

  /** @param {string} place */
  function writeAbout(place) {
    const at = boxFor(points(), place);
    const found = here();
    const box = at >= 0 ? found[at] : found.length < most ? add() : found[found.length - 1];
    if (at >= 0 || found.length < most) section(box).value = place;
    draw();
    body(box).focus();
    box.scrollIntoView({ block: "center" });
  }

  /** @param {Element} box */
  function remove(box) {
    removed = body(box).value.trim() ? { box, before: box.nextElementSibling } : null;
    box.remove();
    undo.hidden = removed === null;
    draw();
    const last = here().at(-1);
    if (last) body(last).focus();
  }

  undo.querySelector("button")?.addEventListener("click", () => {
    if (removed) list.insertBefore(removed.box, removed.before?.isConnected ? removed.before : null);
    undo.hidden = true;
    draw();
    if (removed) body(removed.box).focus();
    removed = null;
  });
  form.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    if (button === addButton) {
      event.preventDefault();
      const box = add();
      draw();
      section(box).focus();
      box.scrollIntoView({ block: "nearest" });
    } else if (button.hasAttribute("data-remove")) {
      event.preventDefault();
      const box = button.closest("[data-point]");
      if (box) remove(box);
    }
    form.dispatchEvent(new Event("input"));
  });
  for (const button of /** @type {HTMLElement[]} */ (all("[data-about]"))) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      writeAbout(button.dataset.about ?? "");
      form.dispatchEvent(new Event("input"));
    });
  }
  list.addEventListener("input", draw);
  draw();
  return {
    points,
    /** Put these points in place of what is there. @param {Point[]} wanted */
    replace(wanted) {
      list.replaceChildren();
      (wanted.length ? wanted : [{ section: "", body: "" }]).forEach((point) => add(point));
      draw();
    },
  };
}

/** Keep what is typed in this browser until it is sent. @param {HTMLFormElement} form @param {ReturnType<typeof boxes>} written */
function keepDraft(form, written) {
  const key = form.dataset.keeps;
  if (!key) return;
  const said = /** @type {HTMLElement} */ (form.querySelector("[data-kept]"));
  const sentence = said.textContent ?? "";
  const restored = /** @type {HTMLElement} */ (form.querySelector("[data-restored]"));
  const draft = keptDraft(key);
  if (draft && form.dataset.isFresh === "yes" && !worthKeeping(written.points()).length) {
    const asked = written.points().map((point) => point.section).filter((section) => section && !draft.points.some((point) => point.section === section));
    written.replace([...draft.points, ...asked.map((section) => ({ section, body: "" }))]);
    restored.hidden = false;
  }
  form.querySelector("[data-forget]")?.addEventListener("click", () => {
    forget(key);
    written.replace([]);
    restored.hidden = true;
    said.hidden = true;
  });
  let timer = 0;
  const save = () => {
    const isKept = keep(key, written.points());
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });
    said.textContent = sentence.replace("{time}", time);
    said.hidden = !isKept;
  };
  let isTouched = false;
  form.addEventListener("input", () => {
    isTouched = true;
    window.clearTimeout(timer);
    timer = window.setTimeout(save, SAVE_AFTER_MS);
  });
  // Untouched words were sent or kept before: going back to them keeps nothing anew.
  window.addEventListener("pagehide", () => isTouched && keep(key, written.points()));
}

/** Turn to one chapter. @param {HTMLElement} draft */
function chapters(draft) {
  const jump = /** @type {HTMLSelectElement | null} */ (draft.querySelector("[data-jump]"));
  const articles = /** @type {HTMLElement[]} */ (all(".chapter", draft));
  /** @param {string} anchor @param {boolean} moves */
  function turnTo(anchor, moves) {
    const wanted = articles.find((article) => article.id === anchor || article.querySelector(`#${CSS.escape(anchor)}`));
    if (!wanted) return;
    for (const article of articles) article.classList.toggle("is-open", article === wanted);
    for (const link of all("nav a", draft)) {
      if (link.getAttribute("href") === `#${wanted.id}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    if (jump) jump.value = wanted.id;
    if (moves) {
      wanted.focus({ preventScroll: true });
      draft.scrollIntoView({ block: "start" });
    }
  }
  draft.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href^="#ch-"]') : null;
    if (!link) return;
    event.preventDefault();
    turnTo((link.getAttribute("href") ?? "").slice(1), Boolean(link.closest(".draft__more")));
  });
  jump?.addEventListener("change", () => turnTo(jump.value, false));
  if (location.hash.startsWith("#ch-")) turnTo(decodeURIComponent(location.hash.slice(1)), false);
}

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.write"));
const list = /** @type {HTMLElement | null} */ (document.querySelector("[data-points]"));
if (form && list) keepDraft(form, boxes(form, list));

const draft = /** @type {HTMLElement | null} */ (document.querySelector("[data-chapters]"));
if (draft) chapters(draft);

// A second press while the first is on its way changes nothing, but it should not look broken.
for (const once of all("form[data-once]")) {
  once.addEventListener("submit", (event) => {
    if (once.hasAttribute("aria-busy")) event.preventDefault();
    else if (event instanceof SubmitEvent && ["send", "save"].includes(/** @type {HTMLButtonElement | null} */ (event.submitter)?.value ?? "")) once.setAttribute("aria-busy", "true");
  });
}
window.addEventListener("pageshow", () => all("form[data-once]").forEach((once) => once.removeAttribute("aria-busy")));

const sent = /** @type {HTMLElement | null} */ (document.querySelector("[data-sent]"));
if (sent) forget(sent.dataset.sent ?? "");

const left = /** @type {HTMLElement | null} */ (document.querySelector("[data-left]"));
const leftDraft = left && keptDraft(left.dataset.left ?? "");
if (left && leftDraft) {
  const box = /** @type {HTMLTextAreaElement} */ (left.querySelector("textarea"));
  box.value = leftDraft.points.map((point) => `${point.section}\n${point.body}`.trim()).join("\n\n");
  left.hidden = false;
}

for (const button of /** @type {HTMLButtonElement[]} */ (all("[data-print]"))) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
