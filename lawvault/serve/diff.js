// What became of a text, line by line and, within changed lines, sign by sign.
"use strict";

import { element } from "./card.js";

const MOST = 4_000_000; // cells of a table; above that, the middle counts as all new

// Return [kind, part] pairs: "same", "gone" or "new" parts of two lists, in order.
export function compared(old, now) {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail))
    tail++;
  const a = old.slice(head, old.length - tail);
  const b = now.slice(head, now.length - tail);
  const same = (part) => ["same", part];
  return [
    ...old.slice(0, head).map(same),
    ...middle(a, b),
    ...old.slice(old.length - tail).map(same),
  ];
}

// The longest common subsequence, in a table of its lengths from the end.
function middle(a, b) {
  const gone = a.map((part) => ["gone", part]);
  const come = b.map((part) => ["new", part]);
  if (!a.length || !b.length || a.length * b.length > MOST) return [...gone, ...come];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const here = i * width + j;
      longest[here] =
        a[i] === b[j]
          ? longest[here + width + 1] + 1
          : Math.max(longest[here + width], longest[here + 1]);
    }
  }
  const found = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const here = i * width + j;
    if (a[i] === b[j]) found.push(["same", a[i++]]) && j++;
    else if (longest[here + width] >= longest[here + 1]) found.push(gone[i++]);
    else found.push(come[j++]);
  }
  return [...found, ...gone.slice(i), ...come.slice(j)];
}

// Return the differences of two texts as DOM; lines far from any of them are left out.
export function difference(old, now) {
  const pairs = compared(old.split("\n"), now.split("\n"));
  const node = element("div", "diff");
  const isNear = pairs.map((_, at) => pairs.slice(Math.max(0, at - 1), at + 2).some(isChange));
  let isCut = false;
  pairs.forEach(([kind, line], at) => {
    if (!isNear[at]) {
      if (!isCut) node.append(element("p", "cut", "…"));
      isCut = true;
      return;
    }
    isCut = false;
    node.append(lineOf(kind, line, pairs[at - 1], pairs[at + 1]));
  });
  if (!pairs.some(isChange)) node.replaceChildren(element("p", "cut", "没有差别"));
  return node;
}

const isChange = ([kind]) => kind !== "same";

// A line that replaces another one shows which signs are others.
function lineOf(kind, line, before, after) {
  const node = element("p", kind);
  const sign = { gone: "删去", new: "新增" }[kind];
  if (sign) node.append(element("span", "hidden", `${sign}：`));
  const other =
    (kind === "gone" && after?.[0] === "new" && after[1]) ||
    (kind === "new" && before?.[0] === "gone" && before[1]);
  if (!other) {
    node.append(line || " ");
    return node;
  }
  const signs = kind === "gone" ? compared([...line], [...other]) : compared([...other], [...line]);
  let held = null;
  for (const [what, char] of signs) {
    if (what !== "same" && what !== kind) continue;
    if (held?.what !== what) {
      held = { what, node: what === "same" ? document.createTextNode("") : element("mark") };
      node.append(held.node);
    }
    held.node.textContent += char;
  }
  return node;
}
