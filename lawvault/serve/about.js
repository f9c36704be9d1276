// What the service tells of a draft, and what its text still lacks or has wrong.
"use strict";

import { button, element, folded } from "./card.js";
import { countChips } from "./verdicts.js";

const FEW = 8; // places that are shown without being asked for

// Return what is told of a draft: verdicts, notes, materials; `titleOf` names one of these.
export function factsOf(data, titleOf) {
  const line = element("div", "line");
  line.append(countChips(data.counts));
  const list = element("ul", "notes");
  const say = (message, isBad) => list.append(element("li", isBad ? "degraded" : "", message));
  for (const one of data.notes || []) say(one.message || one, one.kind === "degraded");
  for (const one of data.to_write || []) say(`“${one.heading}”一段待写：${one.guidance}`);
  if (data.error) say(`没有写完：${data.error.message}`, true);
  for (const one of data.dropped || []) say(`未采用材料 ${titleOf(one.id)}：${one.message}`, true);
  return [line, list, ...(data.used?.length ? [usedOf(data.used, titleOf)] : [])];
}

function usedOf(used, titleOf) {
  const part = folded("part", `采用的材料 ${used.length} 份`, false);
  const list = element("ul");
  for (const one of used) {
    const facts = [titleOf(one.id), one.how === "part" && "节选", one.is_found && "智能搜材"];
    list.append(element("li", "", facts.filter(Boolean).join(" · ")));
  }
  part.append(list);
  return part;
}

// Return a list of places of the text, none if there are none; `goTo` gets the one pressed.
export function jumps(title, className, places, goTo) {
  if (!places.length) return [];
  const part = folded(`part ${className}`, `${title} ${places.length} 处`, places.length < FEW);
  const list = element("ul", "jumps");
  for (const place of places) {
    const item = element("li");
    item.append(button("jump", place.words, () => goTo(place)));
    list.append(item);
  }
  part.append(list);
  return [part];
}
