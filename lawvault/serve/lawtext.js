// The text of a law as it is read: headings, articles in paragraphs, links to what they name.
"use strict";

import { lawAddress, tailOf, whereIs } from "./address.js";
import { element, lawLink } from "./card.js";
import { slicer } from "./signs.js";

const ITEM = /^[ \t\u3000]*[（(](?:[一二三四五六七八九十百]+|[0-9０-９]+)[）)]|^[㈠-㈩⑴-⒇]/;
const POINT = /^[ \t\u3000]*(?:[0-9０-９]{1,3}[.．、](?![0-9０-９])|[①-⑳⒈-⒛])/;

// Return {nodes, headings, articles} of a law; `where` is its address, `law` and `asOf`.
// articles: {id, tail, number, content, node, words, heading}, in their order.
export function laidOut(contents, text, where) {
  const slice = slicer(text.text);
  const paths = pathsOf(contents);
  const headings = [];
  const articles = [];
  const nodes = [];
  for (const span of text.articles) {
    const path = paths.get(span.article_id) || [];
    for (const heading of path) {
      if (heading.node) continue;
      heading.node = titleOf(heading, headings.length);
      headings.push(heading);
      nodes.push(heading.node);
    }
    const article = articleOf(span, slice(span.start, span.end), where);
    article.heading = path.at(-1) || null;
    articles.push(article);
    nodes.push(article.node);
  }
  return { nodes, headings, articles };
}

// Return the headings above each article, by its id; each heading is one object.
function pathsOf(contents) {
  const paths = new Map();
  const walk = (given, path) => {
    for (const { article_id: id } of given.articles) paths.set(id, path);
    for (const child of given.children) {
      const heading = { title: child.title, depth: path.length, under: path.at(-1) || null };
      walk(child, [...path, heading]);
      const all = [...labelsOf(child)];
      heading.first = all[0];
      heading.last = all.at(-1);
    }
  };
  walk(contents, []);
  return paths;
}

function* labelsOf(heading) {
  yield* heading.articles;
  for (const child of heading.children) yield* labelsOf(child);
}

function titleOf(heading, number) {
  const node = element(`h${Math.min(6, heading.depth + 3)}`, "law-heading", heading.title);
  node.id = `heading-${number}`;
  node.tabIndex = -1;
  return node;
}

function articleOf(span, content, where) {
  const tail = tailOf(span.article_id);
  const node = element("section", "law-article");
  node.id = `article-${tail}`;
  node.tabIndex = -1;
  const number = element("p", "law-number");
  number.append(lawLink(span.article_number, { ...where, article: tail }, ""));
  const words = element("div", "law-words");
  const others = (span.references || []).filter((one) => !isItself(one, span.article_id));
  words.append(...paragraphsOf(content, others));
  const more = element("button", "law-more", "⋯");
  more.type = "button";
  more.ariaLabel = `${span.article_number}：复制、摘录、引用关系`;
  more.title = "复制、摘录、引用关系";
  node.append(number, words, more);
  return { id: span.article_id, tail, number: span.article_number, content, node, words };
}

// 本条 leads nowhere, 前款 to a part of the same article.
function isItself(one, id) {
  return one.target_article_id === id && one.text === "本条";
}

function paragraphsOf(content, references) {
  const slice = slicer(content);
  const nodes = [];
  let start = 0;
  for (const line of content.split("\n")) {
    const end = start + [...line].length;
    const node = element("p", ITEM.test(line) ? "item" : POINT.test(line) ? "item point" : "");
    const inside = references.filter((one) => start <= one.start && one.end <= end);
    node.append(...linked(slice, start, end, inside));
    nodes.push(node);
    start = end + 1;
  }
  const clauses = nodes.filter((node) => !node.className);
  if (clauses.length > 1) clauses.forEach((node, at) => (node.dataset.clause = at + 1));
  return nodes;
}

// Return the words from `start` to `end` with links; of names that overlap the first is one.
function linked(slice, start, end, references) {
  const nodes = [];
  let at = start;
  for (const one of references) {
    if (one.start < at || !one.target_law_id) continue;
    nodes.push(slice(at, one.start), referenceLink(one, slice(one.start, one.end)));
    at = one.end;
  }
  nodes.push(slice(at, end));
  return nodes.filter(Boolean);
}

function referenceLink(one, words) {
  const link = element("a", "law-ref", words);
  link.href = referenceAddress(one);
  return link;
}

// Return the address of what a reference leads to.
export function referenceAddress(one) {
  if (!one.target_article_id) return lawAddress({ law: one.target_law_id });
  const at = one.target_start === null ? "" : `${one.target_start}-${one.target_end}`;
  return lawAddress({ ...whereIs(one.target_article_id), at });
}

// Mark the paragraphs of an article that hold some of the words from `start` to `end`.
export function markParts({ words, content }, at) {
  const [, start, end] = (/^(\d{1,7})-(\d{1,7})$/.exec(at) || []).map(Number);
  const isPart = start > 0 || end < [...content].length;
  let begin = 0;
  for (const node of words.children) {
    const stop = begin + [...node.textContent].length;
    node.classList.toggle("meant", isPart && begin < end && start < stop);
    begin = stop + 1;
  }
}

// Return the table of contents, none of a law without headings; `chosen` gets a heading.
export function tableOf(headings, chosen) {
  const lists = [element("ol", "toc")];
  for (const heading of headings) {
    lists.length = heading.depth + 1;
    const item = element("li");
    heading.link = element("a", "", heading.title);
    heading.link.href = `#${heading.node.id}`;
    const { first, last } = heading;
    if (first) heading.link.append(element("span", "place", rangeOf(first, last)));
    heading.link.addEventListener("click", (event) => {
      event.preventDefault();
      chosen(heading);
    });
    const below = element("ol");
    item.append(heading.link, below);
    lists[heading.depth].append(item);
    lists.push(below);
  }
  return lists[0];
}

function rangeOf(first, last) {
  const [from, to] = [first, last].map((one) => tailOf(one.article_id));
  return from === to ? from : `${from}–${to}`;
}
