// @ts-check
/** Says on the button how many opinions the marked cuts make; takes all marks away; Ctrl+Enter. The page works without. */

const form = document.querySelector("[data-parts-form]");
const go = form?.querySelector("[data-go]");
const none = form?.querySelector("[data-none]");

if (form && go instanceof HTMLButtonElement && none instanceof HTMLButtonElement) {
  const plain = go.textContent;
  const marked = () => /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[name="cuts"]:checked'));
  const count = () => {
    const cuts = marked().length;
    const words = go.dataset.words ?? "{n}";
    go.textContent = cuts ? words.replace("{n}", (cuts + 1).toLocaleString("en")) : plain;
    none.hidden = !cuts;
  };
  none.addEventListener("click", () => {
    for (const box of marked()) box.checked = false;
    count();
    /** @type {HTMLElement | null} */ (form.querySelector('input[name="cuts"]'))?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    go.click();
  });
  form.addEventListener("change", count);
  addEventListener("pageshow", count); // after going back, the browser's own marks count
  count();
}
