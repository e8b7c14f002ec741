// @ts-check
/**
 * Citing posts while one writes a room's summary: looking for them beside the text, and putting
 * the citation where the cursor is. Without this script the page comes back with what was found.
 */

/**
 * The text with `mark` at the cursor, set off by a blank where letters would touch it.
 * @param {string} text
 * @param {number} at
 * @param {string} mark
 * @returns {{text: string, at: number}}
 */
export function withCitation(text, at, mark) {
  const before = text.slice(0, at);
  const after = text.slice(at);
  const lead = /[\w)\]]$/.test(before) ? " " : "";
  return { text: before + lead + mark + after, at: at + lead.length + mark.length };
}

/** @param {ParentNode} root */
function offer(root) {
  for (const button of root.querySelectorAll("[data-insert]")) /** @type {HTMLElement} */ (button).hidden = false;
}

/** @param {HTMLElement} panel @param {HTMLTextAreaElement} field */
function start(panel, field) {
  const results = /** @type {HTMLElement} */ (panel.querySelector("[data-results]"));
  const said = /** @type {HTMLElement} */ (panel.querySelector("[data-said]"));
  const go = /** @type {HTMLButtonElement} */ (panel.querySelector("[data-find-go]"));
  const words = /** @type {HTMLInputElement} */ (panel.querySelector("[name=words]"));
  const topic = /** @type {HTMLSelectElement} */ (panel.querySelector("[name=topic]"));
  offer(panel);

  async function find() {
    const query = new URLSearchParams({ words: words.value, topic: topic.value });
    const answer = await fetch(`${panel.dataset.find}?${query}`, { headers: { Accept: "text/html" } });
    if (!answer.ok) return go.form?.submit();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    results.replaceChildren(...[...page.body.childNodes].map((node) => document.adoptNode(node)));
    offer(results);
    const count = results.querySelectorAll("[data-insert]").length;
    said.textContent = (said.dataset.found ?? "").replace("{n}", String(count));
  }

  go.addEventListener("click", (event) => {
    event.preventDefault();
    void find();
  });
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    void find();
  });
  panel.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-insert]"));
    if (!button) return;
    const { text, at } = withCitation(field.value, field.selectionEnd, button.dataset.insert ?? "");
    field.value = text;
    field.setSelectionRange(at, at);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    said.textContent = said.dataset.inserted ?? "";
    field.focus();
  });
}

if (typeof document !== "undefined") {
  const panel = document.querySelector("[data-find]");
  const field = document.getElementById("body");
  if (panel instanceof HTMLElement && field instanceof HTMLTextAreaElement) start(panel, field);
}
