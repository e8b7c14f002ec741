// @ts-check
// The report: copying the line for other pages, and printing. The page works without it.

for (const button of document.querySelectorAll("[data-prints]")) {
  if (button instanceof HTMLElement) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

for (const button of document.querySelectorAll("[data-copies]")) {
  const source = document.getElementById(button.getAttribute("data-copies") ?? "");
  if (!(button instanceof HTMLElement) || !(source instanceof HTMLTextAreaElement)) continue;
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.value);
    source.select();
    button.setAttribute("aria-pressed", "true");
  });
}

const links = new Map(
  [...document.querySelectorAll(".rep-toc a")].map((link) => [link.getAttribute("href")?.slice(1), link]),
);
const watcher = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  },
  { rootMargin: "-10% 0px -80% 0px" },
);
for (const section of document.querySelectorAll(".rep-sec[id]")) watcher.observe(section);
