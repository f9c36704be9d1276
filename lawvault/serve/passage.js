// Words that are selected inside one article: into the material library, or copied as a quotation.
"use strict";

import { copyButton, element } from "./card.js";
import { keeper } from "./keep.js";
import { hasWriter } from "./record.js";
import { signsBefore } from "./signs.js";

const GAP = 8; // pixels between the words and what is offered

// Offer it for what is selected inside `root`; `articleOf` returns the article of its node.
export function offerPassages(root, lawOf, articleOf) {
  const bar = element("div", "law-passage");
  bar.setAttribute("role", "toolbar");
  bar.ariaLabel = "选中的文字";
  bar.hidden = true;
  bar.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the selection
  root.append(bar);
  let shown = "";
  let frame = 0;
  document.addEventListener("selectionchange", () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const passage = selected(articleOf);
      bar.hidden = !passage;
      const name = passage ? `${passage.article.id}/${passage.start}-${passage.end}` : "";
      if (!passage) shown = "";
      if (shown === name) return;
      shown = name;
      bar.replaceChildren(...offers(passage, lawOf()));
      place(bar, root, passage.range.getBoundingClientRect());
    });
  });
}

function offers({ article, start, end, words }, law) {
  const quote = () => `《${law.law_name}》${article.number}：“${words}”`;
  const copy = copyButton("复制引文", quote);
  if (!hasWriter()) return [copy];
  return [keeper("摘录到材料库", { article_id: article.id, start, end }), copy];
}

// Return what is selected, null if that is nothing, or not within the words of one article.
function selected(articleOf) {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0).cloneRange();
  const { startContainer: first } = range;
  const article = articleOf(first.nodeType === Node.TEXT_NODE ? first.parentElement : first);
  if (!article?.words.contains(first)) return null;
  const { words, content } = article;
  if (!words.contains(range.endContainer)) {
    const rest = range.cloneRange();
    rest.setStartAfter(words);
    if (rest.toString().trim()) return null; // a triple click ends at the start of what follows
    range.setEnd(words, words.childNodes.length);
  }
  let start = placeIn(words, range.startContainer, range.startOffset);
  let end = placeIn(words, range.endContainer, range.endOffset);
  while (start < end && !content[start].trim()) start++;
  while (start < end && !content[end - 1].trim()) end--;
  if (start === end) return null;
  const found = { article, range, words: content.slice(start, end) };
  return { ...found, start: signsBefore(content, start), end: signsBefore(content, end) };
}

// Return the place in the article's words, whose lines are paragraphs, of a place in the page.
function placeIn(words, node, offset) {
  const before = document.createRange();
  before.selectNodeContents(words);
  before.setEnd(node, offset);
  let place = 0;
  for (const line of words.children) {
    if (!before.intersectsNode(line)) break;
    const part = document.createRange();
    part.selectNodeContents(line);
    const isLast = part.compareBoundaryPoints(Range.END_TO_END, before) >= 0;
    if (isLast) part.setEnd(node, offset);
    place += part.toString().length + (isLast ? 0 : 1);
    if (isLast) break;
  }
  return place;
}

// Put the bar below what is selected, and within what is seen.
function place(bar, root, words) {
  const box = root.getBoundingClientRect();
  const left = Math.min(words.left - box.left, box.width - bar.offsetWidth - GAP);
  bar.style.left = `${Math.max(0, left)}px`;
  bar.style.top = `${words.bottom - box.top + GAP}px`;
}
