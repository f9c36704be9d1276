// Markdown of a report as DOM: text and plain structure, nothing that links, loads or runs.
"use strict";

import { element } from "./card.js";

const DEEPEST = 6; // quotations and lists in one another; below that, all is plain text
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])\s+/;
const RULE = /^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/;
const QUOTE = /^ {0,3}> ?/;
const TABLE = /^ {0,3}\|?(?: *:?-+:? *\|)+ *(?::?-+:?)? *$/;
const INLINE = /(⚠【[^】\n]*】|\*\*[^*\n]+\*\*|`[^`\n]+`)/;
const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"' };

export function rendered(markdown) {
  const whole = document.createDocumentFragment();
  appendBlocks(whole, markdown.split("\n"), 0);
  return whole;
}

// Return Markdown as text to paste anywhere.
export function plainText(markdown) {
  const lines = markdown.split("\n").map((line) => {
    const heading = HEADING.exec(line);
    return decoded((heading ? heading[2] : line).replace(/^(\s*)> ?/, "$1").replaceAll("**", ""));
  });
  return lines.join("\n").replace(/\n{3,}/g, "\n\n").trim();
}

function decoded(text) {
  return text.replace(/&(lt|gt|amp|quot);/g, (_, name) => ENTITIES[name]);
}

function appendBlocks(parent, lines, depth) {
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    const heading = HEADING.exec(line);
    let end = at + 1;
    if (heading) {
      appendInline(parent.appendChild(element(`h${Math.min(heading[1].length + 2, 6)}`)), heading[2]);
    } else if (RULE.test(line)) {
      parent.append(element("hr"));
    } else if (QUOTE.test(line) && depth < DEEPEST) {
      while (end < lines.length && QUOTE.test(lines[end])) end++;
      const inner = lines.slice(at, end).map((one) => one.replace(QUOTE, ""));
      appendBlocks(parent.appendChild(element("blockquote")), inner, depth + 1);
    } else if (ITEM.test(line) && depth < DEEPEST) {
      end = appendList(parent, lines, at, depth);
    } else if (line.includes("|") && TABLE.test(lines[end] || "")) {
      end = appendTable(parent, lines, at);
    } else if (line.trim()) {
      while (end < lines.length && isMoreOf(lines[end], depth)) end++;
      appendLines(parent.appendChild(element("p")), lines.slice(at, end));
    }
    at = end;
  }
}

function isMoreOf(line, depth) {
  if (!line.trim() || HEADING.test(line) || RULE.test(line)) return false;
  return depth >= DEEPEST || !(QUOTE.test(line) || ITEM.test(line));
}

function appendList(parent, lines, at, depth) {
  const isOrdered = /\d/.test(ITEM.exec(lines[at])[2]);
  const list = parent.appendChild(element(isOrdered ? "ol" : "ul"));
  if (isOrdered) list.start = parseInt(lines[at].trim(), 10);
  while (at < lines.length) {
    const item = ITEM.exec(lines[at]);
    if (!item || /\d/.test(item[2]) !== isOrdered || RULE.test(lines[at])) break;
    const inner = [lines[at].slice(item[0].length)];
    for (at++; at < lines.length && isInside(lines, at); at++) {
      inner.push(lines[at].replace(/^(?: {2,4}|\t)/, ""));
    }
    appendBlocks(list.appendChild(element("li")), inner, depth + 1);
  }
  return at;
}

// Whether a line goes on an item of a list: it is indented, or blank before one that is.
function isInside(lines, at) {
  const line = lines[at].trim() ? lines[at] : lines[at + 1] || "";
  return /^(?: {2,}|\t)/.test(line);
}

function appendTable(parent, lines, at) {
  const table = parent.appendChild(element("div", "table")).appendChild(element("table"));
  appendRow(table, lines[at], "th");
  for (at += 2; at < lines.length && lines[at].includes("|"); at++) appendRow(table, lines[at], "td");
  return at;
}

function appendRow(table, line, tag) {
  const row = table.appendChild(element("tr"));
  for (const cell of line.trim().replace(/^\||\|$/g, "").split("|")) {
    appendInline(row.appendChild(element(tag)), cell.trim());
  }
}

function appendLines(parent, lines) {
  lines.forEach((line, number) => {
    if (number) parent.append(element("br"));
    appendInline(parent, line.trim());
  });
}

function appendInline(parent, text) {
  for (const piece of text.split(INLINE)) {
    if (piece.startsWith("⚠【") && piece.endsWith("】")) {
      parent.append(element("span", "flag", `⚠ ${decoded(piece.slice(2, -1))}`));
    } else if (/^\*\*[^*]+\*\*$/.test(piece)) {
      appendInline(parent.appendChild(element("strong")), piece.slice(2, -2));
    } else if (/^`[^`]+`$/.test(piece)) {
      parent.append(element("code", "", decoded(piece.slice(1, -1))));
    } else {
      parent.append(decoded(piece));
    }
  }
}
