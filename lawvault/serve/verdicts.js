// Verdicts on citations, in words, and how many there are of each.
"use strict";

import { element } from "./card.js";

const VERDICTS = {
  verified: "已核实",
  unchanged: "未变",
  quote_mismatch: "引文与原文不符",
  wrong_article: "条号有误",
  no_such_law: "查无此法",
  no_such_article: "该法无此条",
  no_such_paragraph: "该条无此款项",
  repealed: "已废止",
  not_yet_effective: "尚未施行",
  ambiguous: "指向不明",
  out_of_scope: "不在核对范围",
  inconclusive: "未能核对",
  amended: "已修改",
  moved: "条号已变",
  removed: "已删除",
  altered: "与存证不符",
  unsupported: "依据不支持",
  uncited: "没有引用依据",
};
const GOOD = new Set(["verified", "unchanged"]);

export function isGood({ verdict, reason }) {
  return GOOD.has(verdict) || (verdict === "out_of_scope" && !reason);
}

export function verdictChip(verdict, isFine) {
  return element("span", isFine ? "chip good" : "chip poor", VERDICTS[verdict] || verdict);
}

// Return a chip per verdict with its number.
export function countChips(counts) {
  const node = element("span", "counts");
  for (const [verdict, number] of Object.entries(counts || {})) {
    const chip = verdictChip(verdict, isGood({ verdict }));
    chip.textContent += ` ${number} 处`;
    node.append(chip);
  }
  return node;
}
