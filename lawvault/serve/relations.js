// What one does with an article that is open: copy it, keep it, see its references out and in.
"use strict";

import { lawAddress, pathOf, tailOf } from "./address.js";
import { copyButton, element, folded, lawLink, shortName } from "./card.js";
import { keepers } from "./keep.js";
import { referenceAddress } from "./lawtext.js";
import { hasWriter } from "./record.js";
import { ask } from "./service.js";

// Return the tools of an article of `law`.
export function toolsFor(law, article) {
  const node = element("div", "law-open");
  const line = element("div", "presses");
  line.append(
    copyButton("复制引用", () => `《${law.law_name}》${article.number}：\n${article.content}`),
    copyButton("复制链接", () => {
      const address = lawAddress({ law: law.law_id, article: article.tail });
      return new URL(address, location.href).href;
    }),
  );
  if (hasWriter()) line.append(...keepers(article.id));
  node.append(line, relations(law, article));
  return node;
}

// References out and in, read when they are asked for.
function relations(law, article) {
  const part = folded("law-relations", "引用关系", false);
  const body = element("div");
  body.ariaLive = "polite";
  part.append(body);
  part.addEventListener("toggle", async () => {
    if (!part.open || body.dataset.read) return;
    body.textContent = "读取中…";
    try {
      const answer = await ask(pathOf(law.law_id, "articles", article.tail));
      body.dataset.read = "yes";
      body.replaceChildren(
        listOf("本条引用", answer.references, outItem),
        listOf("引用本条的条文", answer.referred_by, (one) => inItem(one, law)),
      );
    } catch (error) {
      body.textContent = error.message;
    }
  });
  return part;
}

function listOf(title, { total, data }, itemOf) {
  const node = element("div");
  const rest = total > data.length ? `，列出前 ${data.length} 处` : "";
  node.append(element("p", "name", `${title}：${total ? `${total} 处${rest}` : "没有"}`));
  const list = element("ul", "kept");
  list.append(...data.map(itemOf));
  node.append(list);
  return node;
}

function outItem(one) {
  const item = element("li");
  if (!one.target_law_id) {
    item.append(one.text, element("span", "place", one.reason || "未能确定所指"));
    return item;
  }
  const name = `《${shortName(nameOf(one.target_law_id))}》${one.target_address || ""}`;
  const link = element("a", "to-law", name);
  link.href = referenceAddress(one);
  item.append(link, element("span", "place", `原文：${one.text}`));
  return item;
}

function inItem(one, law) {
  const item = element("li");
  const name = one.law_id === law.law_id ? "" : `《${shortName(one.law_name)}》`;
  const at = { law: one.law_id, article: tailOf(one.article_id) };
  item.append(lawLink(`${name}${one.article_number}`, at));
  const facts = [`原文：${one.text}`, one.status === "现行有效" ? "" : one.status];
  item.append(element("span", "place", facts.filter(Boolean).join(" · ")));
  return item;
}

function nameOf(lawId) {
  return lawId.slice(0, lawId.lastIndexOf("@"));
}
