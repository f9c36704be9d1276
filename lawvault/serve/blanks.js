// What a draft still lacks or has wrong, and what it shows of that: blanks, marks, notes, layout.
"use strict";

import { element } from "./card.js";
import { rendered } from "./markdown.js";

const BLANK = /【(?:([^【】\n]*)：)?[ 　_]*】/g;
const MARK = /⚠\ufe0f?【([^【】\n]*)】/g;
const HEADING = /^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$/gm;
const LAYOUT = /^:::\s*(.*?)\s*$/;
const NOTE = /^\[\^([\w.:-]{1,100})\]:\s*(.*)$/;
const INLINE = /(⚠?【(?:[^【】\n]*：)?[ 　_]*】|\[\^[\w.:-]{1,100}\]|\\[!-/:-@[-`{-~]|&#\d{1,6};)/;
const LAYOUTS = {
  落款: "right",
  居右: "right",
  居中: "middle",
  居左: "left",
  signature: "right",
  right: "right",
  center: "middle",
  left: "left",
};

function places(text, pattern, wordsOf) {
  return [...text.matchAll(pattern)].map((found) => ({
    start: found.index,
    end: found.index + found[0].length,
    words: wordsOf(found),
  }));
}

// What is still to be filled in, as {start, end, words} of the Markdown.
export function blanksOf(text) {
  return places(text, BLANK, (found) => found[1] || around(text, found.index));
}

// What was found wrong with what stands before it.
export function marksOf(text) {
  return places(text, MARK, (found) => `${around(text, found.index)}：${found[1]}`);
}

export function headingsOf(text) {
  return [...text.matchAll(HEADING)].map((found) => found[1]).filter(Boolean);
}

// The words before a place, on its line.
function around(text, at) {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return (
    `${line.length > 14 ? "…" : ""}${line
      .slice(-14)
      .replace(/[#*>|]/g, "")
      .trim()}` || "此处"
  );
}

// Return Markdown of a draft as DOM; `pressed` gets the number of a blank that is pressed.
export function preview(markdown, pressed) {
  const whole = element("div", "prose");
  const notes = [];
  let held = [];
  let into = whole;
  const flush = () => {
    into.append(rendered(held.join("\n")));
    held = [];
  };
  for (const line of markdown.split("\n")) {
    const layout = LAYOUT.exec(line);
    const note = NOTE.exec(line);
    if (note) notes.push(note);
    else if (!layout) held.push(line);
    else {
      flush();
      into = laidOut(whole, layout[1]);
    }
  }
  flush();
  if (notes.length) whole.append(listOf(notes));
  const count = { blank: 0, notes: new Map(notes.map(([, id], at) => [id, at + 1])) };
  decorate(whole, count, pressed);
  return whole;
}

function laidOut(whole, name) {
  if (/^(?:分页|pagebreak)$/i.test(name)) whole.append(element("hr", "new-page"));
  const caption = /^(?:表题|caption)\s+(.*)$/i.exec(name);
  if (caption) whole.append(element("p", "middle", caption[1]));
  const layout = LAYOUTS[name.toLowerCase()];
  return layout ? whole.appendChild(element("div", layout)) : whole;
}

function listOf(notes) {
  const list = element("ol", "footnotes");
  list.append(...notes.map(([, , words]) => element("li", "", words)));
  return list;
}

// Show blanks, places of footnotes and escaped signs inside what is text so far.
function decorate(whole, count, pressed) {
  const walker = document.createTreeWalker(whole, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const node of texts) {
    const pieces = node.data.split(INLINE);
    if (pieces.length < 2 || node.parentElement.closest("code, .flag")) continue;
    node.replaceWith(...pieces.map((piece) => shown(piece, count, pressed)));
  }
}

function shown(piece, count, pressed) {
  if (/^【.*】$/.test(piece) && INLINE.test(piece)) {
    const number = count.blank++;
    const blank = element("button", "blank", piece);
    blank.type = "button";
    blank.title = "待补充";
    blank.addEventListener("click", () => pressed(number));
    return blank;
  }
  const note = /^\[\^([\w.:-]+)\]$/.exec(piece);
  if (note) return element("sup", "", `[${count.notes.get(note[1]) || note[1]}]`);
  if (/^&#\d{1,6};$/.test(piece)) return String.fromCodePoint(piece.slice(2, -1));
  return /^\\[!-/:-@[-`{-~]$/.test(piece) ? piece[1] : piece;
}
