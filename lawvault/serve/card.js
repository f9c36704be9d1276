// One article of law as a card. Text is data: it only ever enters the page through textContent.
"use strict";

import { lawAddress, whereIs } from "./address.js";

// Characters that tie words together; two that contain one of them are no word worth marking.
const GLUE = new Set("的了着过我你他她它们吗呢吧啊呀能会要想是在有没不和与及或就都也还又被把给让对从到怎么样什谁哪几多少可以应该自己一个这那之其所");

export function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

export function button(className, text, pressed) {
  const node = element("button", className, text);
  node.type = "button";
  node.addEventListener("click", pressed);
  return node;
}

export function folded(className, title, isOpen) {
  const node = element("details", className);
  node.open = isOpen;
  node.append(element("summary", "", title));
  return node;
}

// Return a link to a law, or to an article of it.
export function lawLink(text, where, className = "to-law") {
  const link = element("a", className, text);
  link.href = lawAddress(where);
  return link;
}

export function shortName(law) {
  const rest = law.replace(/^中华人民共和国/, "");
  return rest.length > 1 ? rest : law;
}

// The pairs of neighbouring characters in a question that say what it is about.
export function pairsOf(query) {
  const pairs = new Set();
  for (const run of query.split(/[^\p{L}\p{N}]+/u)) {
    for (let i = 0; i + 1 < run.length; i++) {
      if (!GLUE.has(run[i]) && !GLUE.has(run[i + 1])) pairs.add(run.slice(i, i + 2));
    }
  }
  return pairs;
}

// Append `text` to `parent`, with <mark> around whatever it has of some words.
function appendMarked(parent, text, words) {
  const hot = new Array(text.length).fill(false);
  for (const word of words) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      hot.fill(true, at, at + word.length);
    }
  }
  for (let begin = 0; begin < text.length; ) {
    let end = begin + 1;
    while (end < text.length && hot[end] === hot[begin]) end++;
    const piece = text.slice(begin, end);
    parent.append(hot[begin] ? element("mark", "", piece) : document.createTextNode(piece));
    begin = end;
  }
}

// A button that copies what `textOf` returns when it is pressed.
export function copyButton(label, textOf) {
  const node = button("copy", label, async () => {
    try {
      await navigator.clipboard.writeText(textOf());
      node.textContent = "已复制";
    } catch {
      node.textContent = "浏览器不允许复制";
    }
    setTimeout(() => (node.textContent = label), 1600);
  });
  return node;
}

// Return the card of an article; `found` says how it was found, `tag` is that of its title.
export function card(hit, words, found, tag = "h2") {
  const item = element("li");
  const top = element("div", "top");
  const title = element(tag, "title");
  title.title = hit.law_name;
  title.append(inLaw(hit));
  const valid = hit.status === "现行有效" ? "badge valid" : "badge";
  top.append(element("span", "rank", String(hit.rank)), title, element("span", valid, hit.status));

  const place = [hit.part, hit.chapter, hit.section].filter(Boolean).join(" › ");
  const text = element("div", "text");
  for (const paragraph of hit.content.split("\n")) {
    const line = element("p");
    appendMarked(line, paragraph, words);
    text.append(line);
  }
  item.append(top);
  if (place) item.append(element("p", "place", place));
  item.append(text, facts(hit, found));
  return item;
}

// Return the name of an article as a link to where it stands in its law.
function inLaw(hit) {
  const node = hit.article_id ? lawLink("", whereIs(hit.article_id)) : element("span");
  node.append(`《${shortName(hit.law_name)}》`, element("span", "number", hit.article_number));
  return node;
}

function facts(hit, found) {
  const row = element("div", "facts");
  const kind = [hit.category, hit.region].filter(Boolean).join(" · ");
  const dates = [
    ["公布", hit.publish_date],
    ["施行", hit.effective_date],
    ["本版", hit.version_date],
  ];
  row.append(element("span", "", found));
  if (kind) row.append(element("span", "", kind));
  for (const [name, date] of dates) {
    if (date) row.append(element("span", "", `${name} ${date}`));
  }
  const citation = () => `《${hit.law_name}》${hit.article_number}：\n${hit.content}`;
  row.append(copyButton("复制引用", citation));
  if (hit.article_id) row.append(lawLink("查看全文", whereIs(hit.article_id), "copy"));
  return row;
}
