// @ts-check
/**
 * Around the composer: quoting what was marked in a post, choosing pictures one after the other,
 * and the day of an interim reply. Without this script the page offers all of it at once.
 */

const LONGEST = 200; // as forum.references.QUOTE_LIMIT
const LARGEST = 30 * 1024 * 1024; // of all pictures together; the server takes 40 MB of a request

/**
 * A quotation and the place it is from, as a post begins; "" when there is nothing to quote.
 * @param {string} said
 * @param {string} number
 */
export function quotation(said, number) {
  const letters = [...said.trim()];
  if (letters.length === 0) return "";
  const short = letters.length <= LONGEST ? letters.join("") : letters.slice(0, LONGEST - 1).join("").trimEnd() + "…";
  const lines = short.split(/\r?\n/).map((line) => `> ${line}`.trimEnd());
  return `${lines.join("\n")}\n\n発言${number}\n`;
}

/**
 * What was written so far with a quotation after it.
 * @param {string} before
 * @param {string} quoted
 */
export function joined(before, quoted) {
  return before.trim() === "" ? quoted : `${before.trimEnd()}\n\n${quoted}`;
}

/**
 * How many of the places for pictures to show: those with something in them, and one more.
 * @param {boolean[]} filled
 */
export function shownPlaces(filled) {
  return Math.min(filled.length, filled.lastIndexOf(true) + 2);
}

/** What is marked within a post's text, or all of it without what it quotes itself. @param {HTMLElement} item */
function wordsOf(item) {
  const body = item.querySelector(".post__body");
  if (!body) return "";
  const marked = getSelection();
  if (marked && !marked.isCollapsed && body.contains(marked.anchorNode) && body.contains(marked.focusNode)) return marked.toString();
  const own = /** @type {HTMLElement} */ (body.cloneNode(true));
  for (const quoted of own.querySelectorAll("blockquote")) quoted.remove();
  const blocks = [...own.children].map((block) => {
    for (const end of block.querySelectorAll("br")) end.replaceWith("\n");
    return (block.textContent ?? "").trim().replaceAll(/\n{2,}/g, "\n");
  });
  return blocks.filter((text) => text !== "").join("\n\n") || (body.textContent ?? "");
}

/** @param {HTMLFormElement} composer */
function quoting(composer) {
  const field = /** @type {HTMLTextAreaElement | null} */ (composer.querySelector("textarea[name=body]"));
  if (!field) return;
  document.addEventListener(
    "click",
    (event) => {
      const link = /** @type {Element} */ (event.target).closest("[data-quote-of], [data-reply]");
      const item = /** @type {HTMLElement | null} */ (link?.closest("[data-number]") ?? null);
      if (!link || !item) return;
      if (composer.dataset.role === "officer") {
        event.stopPropagation(); // the page that opens knows which question is answered
        return;
      }
      if (!link.hasAttribute("data-quote-of")) return;
      const quoted = quotation(wordsOf(item), item.dataset.number ?? "");
      if (quoted === "") return;
      event.preventDefault();
      /** @type {HTMLElement | null} */ (item.querySelector("[data-reply]"))?.click();
      field.value = joined(field.value, quoted);
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
      field.setSelectionRange(field.value.length, field.value.length);
      field.scrollTop = field.scrollHeight;
    },
    { capture: true },
  );
}

/** @param {HTMLElement} box @param {HTMLFormElement} form */
function picturing(box, form) {
  const rows = [...box.querySelectorAll("[data-picture]")].map((row) => ({
    row: /** @type {HTMLElement} */ (row),
    file: /** @type {HTMLInputElement} */ (row.querySelector("input[type=file]")),
    alt: /** @type {HTMLInputElement} */ (row.querySelector("input[type=text]")),
  }));
  const tooLarge = /** @type {HTMLElement} */ (box.querySelector("[data-too-large]"));
  function draw() {
    const shown = shownPlaces(rows.map(({ file, alt }) => file.value !== "" || alt.value !== ""));
    rows.forEach(({ row, file, alt }, at) => {
      row.hidden = at >= shown;
      alt.required = file.value !== "";
      const words = /** @type {HTMLElement} */ (alt.closest("[data-alt]"));
      words.hidden = file.value === "" && alt.value === "" && !alt.hasAttribute("aria-invalid");
    });
    const size = rows.reduce((sum, { file }) => sum + (file.files?.[0]?.size ?? 0), 0);
    tooLarge.hidden = size <= LARGEST;
  }
  box.addEventListener("change", draw);
  form.addEventListener("submit", (event) => {
    draw();
    if (tooLarge.hidden) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    tooLarge.tabIndex = -1;
    tooLarge.focus();
  });
  draw();
}

/** The day is asked for with an interim reply only. @param {HTMLElement} box */
function promising(box) {
  const day = /** @type {HTMLElement} */ (box.querySelector("[data-promised]"));
  const draw = () => {
    const chosen = /** @type {HTMLInputElement | null} */ (box.querySelector("input[name=settles]:checked"));
    day.hidden = chosen?.value !== "interim";
  };
  box.addEventListener("change", draw);
  draw();
}

if (typeof document !== "undefined") {
  const composer = document.getElementById("write");
  if (composer instanceof HTMLFormElement) quoting(composer);
  for (const box of document.querySelectorAll("[data-pictures]")) {
    const form = box.closest("form");
    if (form) picturing(/** @type {HTMLElement} */ (box), form);
  }
  for (const box of document.querySelectorAll("[data-settles]")) promising(/** @type {HTMLElement} */ (box));
}
