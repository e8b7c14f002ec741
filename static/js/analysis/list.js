// @ts-check
// The list of themes as one scrolls: parts are put at its ends and taken away at the other.
// Without the script, and on a phone, its links 「前の」「次の」 lead from part to part.

const MOST = 250; // rows held at once; the server gives no more
const NEAR = 600; // px from the end at which the next part is fetched

/**
 * Which rows go when a part has been put at one end: [from the top, from the bottom].
 * @param {number} count rows there are now
 * @param {"earlier" | "later"} added
 */
export function surplus(count, added) {
  const over = Math.max(0, count - MOST);
  return added === "later" ? [over, 0] : [0, over];
}

/** @param {Element} list */
const rows = (list) => /** @type {HTMLElement[]} */ ([...list.querySelectorAll("li[data-at]")]);

/** @param {Element} list @param {string} which */
const link = (list, which) => list.querySelector(`[data-more="${which}"]`);

/**
 * The address of rows `from` to `to`, or of a whole part.
 * @param {string} url
 * @param {number} from
 * @param {number} [to]
 */
function address(url, from, to) {
  const found = new URL(url, location.href);
  found.searchParams.set("from", String(from));
  if (to !== undefined) found.searchParams.set("to", String(to));
  return found;
}

/** @param {URL} url */
async function fetched(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (!answer.ok) return null;
  const body = new DOMParser().parseFromString(await answer.text(), "text/html").body;
  return /** @type {HTMLElement} */ (document.importNode(body, true));
}

/** Two lists under one heading become one. @param {Element} list */
function joined(list) {
  for (const second of [...list.querySelectorAll("ul[data-chapter]")]) {
    const heading = second.previousElementSibling;
    const first = heading instanceof HTMLUListElement ? heading : heading?.previousElementSibling;
    if (!(first instanceof HTMLUListElement) || first.dataset.chapter !== /** @type {HTMLElement} */ (second).dataset.chapter) continue;
    first.append(...second.children);
    if (heading !== first) heading?.remove();
    second.remove();
  }
}

/** Take rows away, and a heading with nothing under it. @param {HTMLElement[]} gone */
function trimmed(gone) {
  for (const row of gone) {
    const list = row.parentElement;
    row.remove();
    if (list && !list.children.length) {
      if (list.previousElementSibling?.matches("h3")) list.previousElementSibling.remove();
      list.remove();
    }
  }
}

/** @param {HTMLElement} list */
export function listing(list) {
  const url = list.dataset.rows ?? "";
  let isBusy = false;
  const scrolls = () => getComputedStyle(list).overflowY === "auto";

  /** A link to a part that was taken away again. @param {"earlier" | "later"} which @param {Element | null} like @param {number} from */
  const back = (which, like, from) => {
    if (link(list, which) || !like) return;
    const made = /** @type {HTMLElement} */ (like.cloneNode(true));
    const anchor = /** @type {HTMLAnchorElement} */ (made.querySelector("a"));
    made.dataset.more = which;
    anchor.href = address(anchor.href, from).href;
    anchor.textContent = (which === "earlier" ? list.dataset.earlier : list.dataset.later) ?? "";
    if (which === "earlier") list.prepend(made);
    else list.append(made);
  };

  /** @param {"earlier" | "later"} which */
  const load = async (which) => {
    const more = link(list, which);
    const anchor = more?.querySelector("a");
    if (isBusy || !more || !anchor) return;
    isBusy = true;
    try {
      const all = rows(list);
      const at = Number(new URL(anchor.href).searchParams.get("from"));
      const edge = Number(all[0]?.dataset.at ?? 0);
      const part = await fetched(which === "earlier" ? address(url, at, edge) : address(url, at));
      if (!part || !more.isConnected) return;
      const hadFocus = more.contains(document.activeElement);
      const known = all[which === "earlier" ? 0 : all.length - 1];
      const before = known?.getBoundingClientRect().top ?? 0;
      link(part, which === "earlier" ? "later" : "earlier")?.remove();
      const fresh = rows(part);
      more.replaceWith(...part.childNodes);
      joined(list);
      const [top, bottom] = surplus(rows(list).length, which);
      const now = rows(list);
      const gone = [...now.slice(0, top), ...now.slice(now.length - bottom)];
      if (gone.length && !gone.some((row) => row.contains(document.activeElement))) {
        trimmed(gone);
        if (which === "later") {
          link(list, "earlier")?.remove();
          back("earlier", more, Math.max(0, Number(rows(list)[0]?.dataset.at) - fresh.length));
        } else {
          link(list, "later")?.remove();
          back("later", more, Number(rows(list).at(-1)?.dataset.at) + 1);
        }
      }
      if (known?.isConnected) list.scrollTop += known.getBoundingClientRect().top - before;
      if (hadFocus) fresh[which === "later" ? 0 : fresh.length - 1]?.querySelector("a")?.focus({ preventScroll: true });
    } finally {
      isBusy = false;
    }
    look();
  };

  const look = () => {
    if (!scrolls()) return;
    const box = list.getBoundingClientRect();
    for (const which of /** @type {const} */ (["later", "earlier"])) {
      const end = link(list, which)?.getBoundingClientRect();
      if (end && end.top < box.bottom + NEAR && end.bottom > box.top - NEAR) void load(which);
    }
  };
  list.addEventListener("scroll", look, { passive: true });
  list.addEventListener("click", (event) => {
    const more = event.target instanceof Element ? event.target.closest("[data-more]") : null;
    if (!(more instanceof HTMLElement) || !scrolls()) return;
    event.preventDefault();
    void load(more.dataset.more === "earlier" ? "earlier" : "later");
  });
  look();
}

/**
 * The rows that are shown, as they are now; null when the list came whole with its page.
 * @param {HTMLElement} list
 */
export async function renewed(list) {
  const shown = rows(list);
  if (!list.dataset.rows || !shown.length) return null;
  return fetched(address(list.dataset.rows, Number(shown[0].dataset.at), Number(shown[shown.length - 1].dataset.at) + 1));
}
