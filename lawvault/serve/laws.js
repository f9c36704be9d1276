// All laws that are here, by category, to choose one from.
"use strict";

import { element, folded, lawLink, shortName } from "./card.js";
import { ask } from "./service.js";

const ORDER = ["法律", "行政法规", "司法解释"];
const IN_FORCE = "现行有效";

// Return all laws, one entry each whatever its versions.
export async function shelfOfLaws() {
  const { data } = await ask("/v1/laws");
  const laws = new Map();
  for (const one of data) {
    const known = laws.get(one.law_name);
    if (!known || known.status !== IN_FORCE) laws.set(one.law_name, one);
  }
  const kinds = new Map();
  for (const law of laws.values()) {
    if (!kinds.has(law.category)) kinds.set(law.category, []);
    kinds.get(law.category).push(law);
  }
  const names = [...kinds.keys()].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, "zh-CN"));
  return names.map((name) => shelf(name, kinds.get(name), names.length === 1));
}

function rank(name) {
  return ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length;
}

// Its list is made when it is opened.
function shelf(name, laws, isOpen) {
  const part = folded("panel law-shelf", `${name}（${laws.length}）`, false);
  part.addEventListener("toggle", () => {
    if (part.children.length > 1) return;
    const list = element("ul");
    laws.sort((a, b) => shortName(a.law_name).localeCompare(shortName(b.law_name), "zh-CN"));
    list.append(...laws.map(entry));
    part.append(list);
  });
  part.open = isOpen;
  return part;
}

function entry(law) {
  const item = element("li");
  item.append(lawLink(shortName(law.law_name), { law: law.law_id }));
  const facts = [law.region === "全国" ? "" : law.region, law.status === IN_FORCE ? "" : law.status];
  item.append(element("span", "place", facts.filter(Boolean).join(" · ")));
  return item;
}
