// @ts-check
// 送り先: where checked opinions go. A list to search by keyboard, and themes to drop opinions on.

/** @typedef {{id: string, title: string, chapter: string, count: string, quote?: string}} Place */

const LISTED = 50; // of 2,000 themes; typing finds the others

/** @param {string} said */
const folded = (said) => said.normalize("NFKC").toLowerCase();

/**
 * The places a search leaves, suggested ones first, in the order of the list otherwise.
 * @param {Place[]} places
 * @param {string} query
 * @param {string[]} first ids, best first
 */
export function ranked(places, query, first) {
  const words = folded(query).split(/\s+/).filter(Boolean);
  const fit = places.filter((place) => words.every((word) => folded(`${place.title} ${place.chapter} ${place.quote ?? ""}`).includes(word)));
  const rank = (/** @type {Place} */ place) => (first.includes(place.id) ? first.indexOf(place.id) : first.length);
  return fit.map((place, index) => ({ place, index })).sort((a, b) => rank(a.place) - rank(b.place) || a.index - b.index)
    .map(({ place }) => place);
}

/**
 * Which entry is the active one after a key; null when the key is none of the list's.
 * @param {number} at
 * @param {number} count
 * @param {string} key
 */
export function stepped(at, count, key) {
  if (!count) return null;
  if (key === "ArrowDown") return (at + 1) % count;
  if (key === "ArrowUp") return (at - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return null;
}

/**
 * Themes that the machine suggests for rows, those it suggests most often first.
 * @param {Iterable<Element>} rows
 */
function suggestedFor(rows) {
  /** @type {Map<string, number>} */
  const points = new Map();
  for (const row of rows) {
    const ids = (row instanceof HTMLElement ? row.dataset.first ?? "" : "").split(" ").filter(Boolean);
    ids.forEach((id, place) => points.set(id, (points.get(id) ?? 0) + 3 - place));
  }
  return [...points.entries()].sort((a, b) => b[1] - a[1]).map(([id]) => id);
}

/**
 * Themes as the server tells them: [heading, [[id, title, how many, words of it], …]], …
 * @param {[string, [string, string, number, string][]][]} told
 * @param {string} [besides] the one that is open
 * @returns {Place[]}
 */
export function told(told, besides = "") {
  return told.flatMap(([chapter, rows]) => rows.filter(([id]) => id !== besides)
    .map(([id, title, count, quote]) => ({ id, title, chapter, count: String(count), quote })));
}

/** Choose a theme in a plain list that may not have it. @param {HTMLSelectElement} select @param {Place} place */
function put(select, place) {
  if (![...select.options].some((option) => option.value === place.id)) select.add(new Option(place.title, place.id));
  select.value = place.id;
}

/** @param {HTMLElement} list */
export function sending(list) {
  const dialog = document.querySelector("dialog[data-sendto]");
  const select = list.querySelector("select[data-to]");
  if (!(dialog instanceof HTMLDialogElement) || !(select instanceof HTMLSelectElement)) return null;
  const find = /** @type {HTMLInputElement} */ (dialog.querySelector("input"));
  const shown = /** @type {HTMLElement} */ (dialog.querySelector("[role=listbox]"));
  const [none, waiting, others, title] = ["[data-none-fit]", "[data-asking]", "[data-others]", "h2"].map((name) => /** @type {HTMLElement} */ (dialog.querySelector(name)));
  const press = (/** @type {string} */ name) => {
    const button = list.querySelector(`[data-${name}]`);
    if (button instanceof HTMLButtonElement) button.click();
  };
  const seen = () => [...select.options].filter((option) => option.value).map((option) => ({
    id: option.value, title: option.text, chapter: option.dataset.chapter ?? "", count: option.dataset.count ?? "",
    quote: option.dataset.quote ?? "",
  }));
  /** @type {Place[] | null} every theme; null until it is asked for, where the list in the bar has not all */
  let places = select.dataset.places ? null : seen();
  const ask = async () => {
    try {
      const answer = await fetch(select.dataset.places ?? "");
      if (!answer.ok) throw new Error(answer.statusText);
      places = told(await answer.json(), /** @type {HTMLElement | null} */ (document.querySelector("[data-desk]"))?.dataset.open);
    } catch {
      places = seen(); // no line: those that are seen can still be chosen
    }
    if (dialog.open) draw();
  };
  document.addEventListener("desk:changed", () => {
    if (select.dataset.places) places = null;
  });
  const boxes = () => /** @type {HTMLInputElement[]} */ ([...list.querySelectorAll('input[name="opinions"]')]);
  const checkedRows = () => boxes().filter((box) => box.checked).flatMap((box) => box.closest("[data-op]") ?? []);
  let at = 0;
  /** @type {(() => void)[]} */
  let acts = [];

  /** @param {string} id */
  const send = (id) => {
    put(select, places?.find((place) => place.id === id) ?? { id, title: id, chapter: "", count: "" });
    press("move");
  };
  /** @type {((place: Place) => void) | null} what is done with a theme instead of sending there */
  let instead = null;
  const choose = (/** @type {number} */ index) => {
    dialog.close();
    acts[index]?.();
  };
  const mark = () => {
    for (const [index, option] of [...shown.children].entries()) {
      option.setAttribute("aria-selected", String(index === at));
      if (index === at) {
        option.scrollIntoView({ block: "nearest" });
        find.setAttribute("aria-activedescendant", option.id);
      }
    }
  };
  /** @param {string} title @param {string} more @param {boolean} isSuggested */
  const option = (title, more, isSuggested) => {
    const made = document.createElement("li");
    made.id = `sendto-${shown.children.length}`;
    made.setAttribute("role", "option");
    made.append(title);
    for (const [said, kind] of [[more, "sub"], [isSuggested ? dialog.dataset.suggested ?? "" : "", "chip chip--small"]]) {
      if (!said) continue;
      const part = document.createElement("span");
      part.className = kind;
      part.textContent = said;
      made.append(" ", part);
    }
    const index = shown.children.length;
    made.addEventListener("click", () => choose(index));
    shown.append(made);
  };
  /** @param {Place[]} found @param {string[]} first */
  const enlist = (found, first) => {
    for (const place of found.slice(0, LISTED)) {
      option(place.title, [place.chapter, `${place.count}${dialog.dataset.unit ?? ""}`, place.quote].filter(Boolean).join("　"), first.includes(place.id));
      acts.push(() => (instead ?? ((to) => send(to.id)))(place));
    }
  };
  const draw = () => {
    const first = instead ? [] : suggestedFor(checkedRows());
    const found = ranked(places ?? [], find.value, first);
    shown.replaceChildren();
    acts = [];
    enlist(found, first);
    none.hidden = found.length > 0 || !places;
    waiting.hidden = Boolean(places);
    others.hidden = found.length <= LISTED;
    others.textContent = (others.dataset.words ?? "").replace("%", String(found.length - LISTED));
    if (find.value.trim() && !instead) {
      option((dialog.dataset.make ?? "").replace("%", find.value.trim()), "", false);
      acts.push(() => {
        const title = list.querySelector('[name="title"]');
        if (title instanceof HTMLInputElement) title.value = find.value.trim();
        press("new");
      });
    }
    at = 0;
    mark();
  };
  find.addEventListener("input", draw);
  find.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const next = stepped(at, acts.length, event.key);
    if (next !== null) {
      at = next;
      mark();
    } else if (event.key === "Enter") choose(at);
    else return;
    event.preventDefault();
  });

  /** Check a row alone, unless it is among those that are checked. @param {Element | null} row */
  const take = (row) => {
    const own = row?.querySelector('input[name="opinions"]');
    if (own instanceof HTMLInputElement && !own.checked) {
      for (const box of boxes()) box.checked = box === own;
      own.dispatchEvent(new Event("change", { bubbles: true }));
    }
    return boxes().some((box) => box.checked);
  };
  /** @param {string} heading */
  const show = (heading) => {
    title.textContent = heading;
    find.value = "";
    if (!places) void ask();
    draw();
    dialog.showModal();
    find.focus();
  };
  const open = (/** @type {Element | null} */ row) => {
    if (!take(row)) return false;
    instead = null;
    show(dialog.dataset.heading ?? "");
    return true;
  };
  for (const button of list.querySelectorAll("[data-send]")) {
    /** @type {HTMLElement} */ (button).hidden = false;
    button.addEventListener("click", () => open(button.closest("[data-op]")));
  }
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-pick]"))) {
    const field = document.getElementById(button.dataset.pick ?? "");
    if (!(field instanceof HTMLSelectElement)) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      instead = (place) => {
        put(field, place);
        const go = field.form?.querySelector("[type=submit]");
        (go instanceof HTMLElement ? go : field).focus(); // Enter does what was chosen, as in 移す
      };
      show(button.dataset.heading ?? "");
    });
  }
  dropping(list, take, { send, lone: () => press("lone"), unfile: () => press("unfile") });
  return { open, take, press };
}

/**
 * Drag a row by its first line onto a theme, 単独 or 未整理. The same is done without by 移す.
 * @param {HTMLElement} list
 * @param {(row: Element | null) => boolean} take
 * @param {{send: (id: string) => void, lone: () => void, unfile: () => void}} acts
 */
function dropping(list, take, acts) {
  let isOurs = false;
  for (const line of list.querySelectorAll("[data-op] > .op__body > .op__meta")) {
    if (!(line instanceof HTMLElement)) continue;
    line.draggable = true;
    line.addEventListener("dragstart", (event) => {
      isOurs = take(line.closest("[data-op]"));
      event.dataTransfer?.setData("text/plain", "opinions");
      if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
    });
    line.addEventListener("dragend", () => {
      isOurs = false;
    });
  }
  const columns = document.querySelector(".col--themes"); // its lists are drawn anew when they change
  const target = (/** @type {Event} */ event) => {
    const found = event.target instanceof Element ? event.target.closest("[data-drop]") : null;
    return found instanceof HTMLElement && !found.hasAttribute("aria-current") ? found : null;
  };
  const over = (/** @type {HTMLElement | null} */ found) => {
    for (const other of document.querySelectorAll(".is-over")) if (other !== found) other.classList.remove("is-over");
    found?.classList.add("is-over");
  };
  columns?.addEventListener("dragover", (event) => {
    const found = target(event);
    if (!isOurs || !found) return;
    event.preventDefault();
    over(found);
  });
  columns?.addEventListener("dragleave", () => over(null));
  columns?.addEventListener("drop", (event) => {
    const found = target(event);
    if (!isOurs || !found) return;
    event.preventDefault();
    over(null);
    const to = found.dataset.drop ?? "";
    if (to === "lone") acts.lone();
    else if (to === "unfile") acts.unfile();
    else acts.send(to);
  });
}
