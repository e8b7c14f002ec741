// @ts-check
/** The map in its large size opens at its middle, where the themes are; it works without this. */

for (const map of document.querySelectorAll(".omap--large")) {
  map.scrollLeft = (map.scrollWidth - map.clientWidth) / 2;
  map.scrollTop = (map.scrollHeight - map.clientHeight) / 2;
}
