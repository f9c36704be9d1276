// What a reader adds to the library by hand: own notes, provisions by their name.
"use strict";

import { element, folded } from "./card.js";
import { area, input, labelled } from "./controls.js";
import { ask } from "./service.js";

// Return both forms; `add` gets an item, or the promise of one, and tells whether it was taken.
export function adding(add) {
  const part = folded("adding", "添加笔记或法条", false);
  const title = input("text", { maxLength: 500 });
  const text = area(4);
  const note = element("form");
  note.append(labelled("笔记标题", title), labelled("笔记内容", text));
  note.append(element("button", "copy", "加入笔记"));
  submits(note, text, () => add({ text: text.value, title: title.value.trim() }));
  const law = input("text", { placeholder: "如：民法典" });
  law.setAttribute("list", "laws");
  const article = input("text", { placeholder: "如：第五百七十七条；不填为整部法律" });
  const provision = element("form");
  provision.append(labelled("法律", law), labelled("条文", article));
  provision.append(element("button", "copy", "加入法条"));
  submits(provision, law, () => add(named(law.value.trim(), article.value.trim())));
  part.append(note, provision);
  return part;
}

function submits(form, needed, work) {
  needed.required = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await work()) form.reset();
  });
}

// Without an article, the whole law in the version in force.
async function named(law, article) {
  if (article) return { law, article };
  const { data } = await ask("/v1/laws");
  const versions = data.filter((one) => [law, `中华人民共和国${law}`].includes(one.law_name));
  const found = versions.find((one) => one.status === "现行有效") || versions[0];
  if (!found) throw new Error(`库中没有《${law}》，请核对名称`);
  return { law_id: found.law_id };
}
