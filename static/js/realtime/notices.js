// @ts-check
/** Notices over the board: what was refused, and what somebody should know. They stay until closed. */

import { h, keyed } from "./dom.js";

const MOST = 4;

export class Notices {
  /** @param {Element} place @param {string} close the word on the button @param {() => void} changed */
  constructor(place, close, changed) {
    this.place = place;
    this.close = close;
    this.changed = changed;
    /** @type {{key: string, words: string, quoted: string, topic: string}[]} */
    this.all = [];
  }

  /** Something to know, in the place of what was to know of it before. @param {string} words @param {string} topic */
  tell(words, topic) {
    if (!words) return;
    this.all = [...this.all.filter((there) => there.topic !== topic), { key: topic, words, quoted: "", topic }].slice(-MOST);
    this.changed();
  }

  /** What was to know is known. @param {string} topic */
  drop(topic) {
    this.all = this.all.filter((there) => there.topic !== topic);
    this.changed();
  }

  /** Something went wrong. @param {string} words @param {string} [quoted] what it is about */
  add(words, quoted = "") {
    const others = this.all.filter((there) => there.words !== words || there.quoted !== quoted);
    this.all = [...others, { key: String(Date.now()) + this.all.length, words, quoted, topic: "" }].slice(-MOST);
    this.changed();
  }

  draw() {
    keyed(this.place, this.all.map((one) => this.#item(one)));
  }

  /** @param {{key: string, words: string, quoted: string, topic: string}} about @returns {import("./dom.js").Item} */
  #item({ key, words, quoted, topic }) {
    const drop = () => {
      this.all = this.all.filter((there) => there.key !== key);
      this.changed();
    };
    const make = () =>
      h("li", { class: `notice${topic ? "" : " notice--warning"} boardnotice` },
        h("span", {}, words, quoted ? h("q", { class: "boardnotice__q", text: quoted }) : null),
        h("button", { type: "button", class: "button button--quiet button--small", text: this.close, onclick: drop }));
    return { key, sig: words + quoted, make };
  }
}
