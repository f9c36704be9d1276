// The articles that a run has found, as cards by sub-question, and how each of these is judged.
"use strict";

import { card, element, folded, pairsOf, shortName } from "./card.js";
import { keepable } from "./keep.js";

const SEARCHING = "检索中";
const STATUSES = {
  sufficient: "依据充分",
  partial: "依据部分充分",
  insufficient: "依据不足",
  false_premise: "前提与法律不符",
};
const LINKS = {
  exception: "例外规定",
  definition: "定义",
  penalty: "法律责任",
  application: "适用、准用",
  interprets: "解释、细化",
};
const WORDS = 28; // of a query on a card

function clipped(text) {
  return text.length > WORDS ? `${text.slice(0, WORDS)}…` : text;
}

export function howFound(trace) {
  if (trace.how === "reference") return `沿引用找到：${LINKS[trace.kind] || "相关条文"}`;
  if (trace.how === "citation") return `按引用找到：${clipped(trace.by)}`;
  return `检索“${clipped(trace.by)}”`;
}

export class Evidence {
  #root;
  #question;
  #groups = new Map(); // by the id of a sub-question
  #cards = new Map(); // evidence id -> {item, citation}
  #bases = new Map(); // id of a sub-question -> evidence ids that its answer stands on

  constructor(root, question) {
    this.#root = root;
    this.#question = question;
  }

  get size() {
    return this.#cards.size;
  }

  // Return what is shown of a sub-question: `item` belongs into the plan, `part` is ours.
  plan({ id, text }) {
    const known = this.#groups.get(id);
    if (known) return known;
    const group = {
      text,
      pairs: pairsOf(`${this.#question} ${text}`),
      item: element("li"),
      chip: element("span", "chip", SEARCHING),
      lacks: element("p", "lacks"),
      part: element("div", "group"),
      list: element("ol", "hits"),
      also: element("p", "also"),
    };
    group.item.append(element("span", "", text), group.chip, group.lacks);
    group.part.append(element("h2", "", text), group.list, group.also);
    this.#groups.set(id, group);
    return group;
  }

  // Take an article in, or that one serves another sub-question, too; return its citation.
  add(id, trace, article) {
    const group = this.#groupOf(trace.question_id);
    if (!group.part.isConnected) this.#root.append(group.part);
    if (article) this.#addCard(id, trace, article, group);
    else group.also.append(this.source(id));
    return this.#cards.get(id)?.citation || id;
  }

  // Show a judgement, and return what is shown of its sub-question.
  judge(one) {
    const group = this.#groupOf(one.question_id);
    group.chip.textContent = STATUSES[one.status] || one.status;
    group.chip.classList.toggle("good", one.status === "sufficient");
    group.chip.classList.toggle("poor", one.status !== "sufficient");
    group.lacks.textContent = one.missing.length ? `尚缺：${one.missing.join("；")}` : "";
    this.#bases.set(one.question_id, one.supports);
    const bases = new Set([...this.#bases.values()].flat());
    for (const [id, { item }] of this.#cards) item.classList.toggle("basis", bases.has(id));
    return group;
  }

  // Return a link to the card of an article.
  source(id) {
    const link = element("a", "source", this.#cards.get(id)?.citation || id);
    link.href = `#law-${encodeURIComponent(id)}`;
    link.addEventListener("click", () => {
      const closed = this.#cards.get(id)?.item.closest("details");
      if (closed) closed.open = true;
    });
    return link;
  }

  // Nothing more is found or judged.
  settle(isJudged) {
    for (const { chip, list } of this.#groups.values()) {
      if (chip.textContent === SEARCHING) chip.textContent = isJudged ? "未作判断" : "";
      chip.hidden = !chip.textContent;
      foldOthers(list);
    }
  }

  #groupOf(id) {
    return this.plan({ id, text: this.#question });
  }

  #addCard(id, trace, article, group) {
    const hit = { ...article, rank: id.replace(/\D/g, "") };
    const item = keepable(card(hit, group.pairs, howFound(trace), "h3"), hit);
    item.id = `law-${id}`;
    const citation = `《${shortName(article.law_name)}》${article.article_number}`;
    this.#cards.set(id, { item, citation });
    group.list.append(item);
  }
}

// Fold away what was found beside what answers.
function foldOthers(list) {
  const others = [...list.children].filter((item) => !item.classList.contains("basis"));
  if (!others.length || others.length === list.children.length) return;
  const part = folded("others", `其他检索到的法条（${others.length}）`, false);
  part.appendChild(element("ol", "hits")).append(...others);
  list.after(part);
}
