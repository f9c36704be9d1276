// Words found within a law that is shown: how many places, and from one to the next.
"use strict";

import { button, element } from "./card.js";
import { input } from "./controls.js";

const MOST = 2000; // places that are coloured at once
const WAIT = 120; // milliseconds without a key pressed
const ALL = "law-found";
const ONE = "law-found-here";

export class LawFind {
  #articles = [];
  #places = []; // {article, start, end} in the order of the law
  #at = -1;
  #sought = "";

  // Fill `root`; `shown` gets the article in which a place is, and its Range.
  constructor(root, shown) {
    this.shown = shown;
    this.field = input("search", { placeholder: "在本法中查找", ariaLabel: "在本法中查找" });
    this.count = element("span", "place");
    this.count.setAttribute("role", "status");
    this.before = button("copy", "↑", () => this.#step(-1));
    this.after = button("copy", "↓", () => this.#step(1));
    this.before.ariaLabel = "上一处";
    this.after.ariaLabel = "下一处";
    root.append(this.field, this.before, this.after, this.count);
    let timer = 0;
    this.field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#find(), WAIT);
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") this.clear();
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (this.field.value.trim() !== this.#sought) this.#find();
      else this.#step(event.shiftKey ? -1 : 1);
    });
    this.#tell();
  }

  // Look in these articles from now on.
  take(articles) {
    this.#articles = articles;
    this.clear();
  }

  clear() {
    this.field.value = "";
    this.#find();
  }

  #find() {
    const sought = (this.#sought = this.field.value.trim());
    this.#places = sought ? this.#articles.flatMap((one) => placesIn(one, sought)) : [];
    this.#at = -1;
    paint(ALL, this.#places.slice(0, MOST).filter(({ start }) => start >= 0));
    paint(ONE, []);
    if (this.#places.length) this.#step(1);
    else this.#tell();
  }

  #step(by) {
    const number = this.#places.length;
    if (!number) return;
    this.#at = (this.#at + by + number) % number;
    const place = this.#places[this.#at];
    const isWords = place.start >= 0;
    paint(ONE, isWords ? [place] : []);
    this.shown(place.article, isWords ? rangeOf(place) : null);
    this.#tell();
  }

  #tell() {
    const number = this.#places.length;
    this.before.disabled = this.after.disabled = !number;
    const none = this.#sought ? "没有找到" : "";
    this.count.textContent = number ? `${this.#at + 1} / ${number}` : none;
  }
}

// The article that is called so comes as a place without words.
function placesIn(article, sought) {
  const isNamed = [article.tail, `${article.tail}条`, article.number].includes(sought);
  const places = isNamed ? [{ article, start: -1, end: -1 }] : [];
  for (let at = article.content.indexOf(sought); at >= 0; ) {
    places.push({ article, start: at, end: at + sought.length });
    at = article.content.indexOf(sought, at + sought.length);
  }
  return places;
}

// Colour places without touching the text; a browser that cannot shows the article alone.
function paint(name, places) {
  globalThis.CSS?.highlights?.set(name, new Highlight(...places.map(rangeOf)));
}

function rangeOf({ article, start, end }) {
  const range = document.createRange();
  range.setStart(...pointIn(article.words, start));
  range.setEnd(...pointIn(article.words, end));
  return range;
}

// Return the text node, and the place in it, of a place in the words of an article.
function pointIn(words, place) {
  let left = place;
  for (const line of words.children) {
    if (left <= line.textContent.length) return pointInLine(line, left);
    left -= line.textContent.length + 1;
  }
  return [words, words.childNodes.length];
}

function pointInLine(line, place) {
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  let left = place;
  while (walker.nextNode()) {
    const { length } = walker.currentNode;
    if (left <= length) return [walker.currentNode, left];
    left -= length;
  }
  return [line, 0];
}
