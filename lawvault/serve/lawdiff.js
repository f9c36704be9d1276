// Two versions of a law side by side, article by article, only those that differ.
"use strict";

import { element, lawLink } from "./card.js";
import { difference } from "./diff.js";

const KINDS = {
  changed: "修改",
  added: "新增",
  removed: "删除",
  renumbered: "条号变动",
  renumbered_and_changed: "条号变动并修改",
};

// Return what an answer on the differences of two versions says.
export function comparisonOf({ old, new: now, counts, changes }) {
  const root = element("section", "law-diff");
  root.ariaLabel = "版本比较";
  const head = element("div", "panel");
  const title = element("h2", "", `${old.version_date} 版与 ${now.version_date} 版的比较`);
  title.tabIndex = -1;
  const line = element("p", "line");
  for (const [kind, number] of Object.entries(counts)) {
    line.append(element("span", "chip", `${KINDS[kind] || kind} ${number} 条`));
  }
  if (!changes.length) line.append("两个版本的条文没有差别");
  const back = lawLink("阅读新版本", { law: now.law_id });
  head.append(title, line, element("p", "place", "只列出有变化的条文（删去 / 新增）"), back);
  root.append(head, ...changes.map((change) => changeOf(change, old, now)));
  return root;
}

function changeOf({ kind, old, new: now }, before, after) {
  const node = element("section", "panel law-change");
  const top = element("p", "line");
  const places = [
    [old, before],
    [now, after],
  ].filter(([provision]) => provision);
  if (old && now && old.article_number === now.article_number) places.shift();
  places.forEach(([{ article_number: number }, { law_id: law }], at) => {
    if (at) top.append("→");
    top.append(lawLink(number, { law, article: number }));
  });
  top.append(element("span", "chip", KINDS[kind] || kind));
  node.append(top);
  if (kind !== "renumbered") node.append(difference(old?.content || "", now?.content || ""));
  return node;
}
