// @ts-check
/** A map that is wider than its box opens at its middle, where the themes are; it works without. */

for (const map of document.querySelectorAll(".omap")) {
  map.scrollLeft = (map.scrollWidth - map.clientWidth) / 2;
  map.scrollTop = (map.scrollHeight - map.clientHeight) / 2;
}
