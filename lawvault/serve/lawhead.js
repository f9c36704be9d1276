// The head of a law: what it is, whether it is in force, its versions, the day it is read for.
"use strict";

import { lawAddress } from "./address.js";
import { copyButton, element, folded, lawLink } from "./card.js";
import { choice, input, labelled } from "./controls.js";
import { keeper } from "./keep.js";
import { hasWriter } from "./record.js";

const IN_FORCE = "现行有效";

// Return the head of a law; `opened` gets an address that is chosen.
export function headOf(about, where, opened) {
  const { law, validity, versions, as_of: asOf, corpus_as_of: corpusDay } = about;
  const head = element("header", "panel law-head");
  const top = element("div", "top");
  const isValid = validity.in_force && validity.status === IN_FORCE;
  const title = element("h2", "title", law.law_name);
  title.tabIndex = -1;
  top.append(title, element("span", isValid ? "badge valid" : "badge", validity.status));
  const told = where.asOf ? `按 ${asOf} 的法律` : `效力以 ${corpusDay} 的法律数据为准`;
  head.append(top, factsOf(law), element("p", "place", told));
  if (!validity.in_force) head.append(warningOf(law, validity, versions, where));
  head.append(toolsOf(law, where, opened));
  if (versions.length > 1) head.append(versionsOf(law, versions, where, opened));
  return head;
}

function factsOf(law) {
  const list = element("dl", "law-facts");
  const facts = [
    ["制定机关", law.issuer],
    ["类别", [law.category, law.region === "全国" ? "" : law.region].filter(Boolean).join(" · ")],
    ["公布", law.publish_date],
    ["施行", law.effective_date],
    ["本版", law.version_date],
    ["废止", law.repeal_date],
    ["简称", law.aliases.join("、")],
    ["条数", law.articles ? `${law.articles} 条` : ""],
  ];
  for (const [name, value] of facts) {
    if (!value) continue;
    const pair = element("div");
    pair.append(element("dt", "", name), element("dd", "", value));
    list.append(pair);
  }
  return list;
}

// Say plainly that this is not the law of that day, and where that is.
function warningOf(law, { status, since }, versions, where) {
  const node = element("p", "law-warning");
  node.setAttribute("role", "note");
  const day = where.asOf ? `在 ${where.asOf}，` : "";
  const whys = {
    已被修改: "这一版本已被修改，不再适用",
    已废止: law.repeal_date || since ? `本法已于 ${law.repeal_date || since} 废止` : "本法已废止",
    尚未生效: `尚未施行${law.effective_date ? `，自 ${law.effective_date} 起施行` : ""}`,
  };
  node.append(`${day}${whys[status] || status}。`);
  const now = versions.findLast((one) => one.status === IN_FORCE && one.law_id !== law.law_id);
  if (now) {
    const lack = now.has_text ? "" : "（未收录文本）";
    const text = `现行版本：${now.version_date || now.law_name}${lack}`;
    node.append(lawLink(text, { law: now.law_id, article: where.article }));
  } else if (law.status === IN_FORCE) node.append(`以下是现行版本（${law.version_date}）。`);
  else node.append("库中没有本法的现行版本。");
  return node;
}

function toolsOf(law, where, opened) {
  const line = element("div", "line law-tools");
  const day = input("date", { value: where.asOf || "", title: "按这一天有效的版本阅读" });
  day.addEventListener("change", () => {
    const { article } = where;
    opened(lawAddress({ law: law.short_name, article, asOf: day.value }));
  });
  line.append(labelled("按日期看", day, "inline"));
  const address = () => new URL(lawAddress({ law: law.law_id }), location.href).href;
  line.append(copyButton("复制链接", address));
  if (hasWriter() && law.has_text) line.append(keeper("全文加入材料", { law_id: law.law_id }));
  return line;
}

function versionsOf(law, versions, where, opened) {
  const part = folded("law-versions", `版本沿革（${versions.length}）`, Boolean(where.to));
  const list = element("ol", "kept");
  for (const one of [...versions].reverse()) {
    const item = element("li");
    const name = one.version_date || one.law_id;
    const isHere = one.law_id === law.law_id;
    const link = lawLink(name, { law: one.law_id, article: where.article });
    item.append(one.has_text || isHere ? link : element("span", "", name));
    if (isHere) link.setAttribute("aria-current", "true");
    const facts = [one.status, one.effective_date && `施行 ${one.effective_date}`];
    facts.push(isHere && "正在阅读", !one.has_text && "未收录文本");
    item.append(element("span", "place", facts.filter(Boolean).join(" · ")));
    list.append(item);
  }
  part.append(list);
  const readable = versions.filter((one) => one.has_text);
  if (readable.length > 1) part.append(comparison(law, readable, where, opened));
  return part;
}

// Two versions to compare: the one that is read, and the one before it.
function comparison(law, versions, where, opened) {
  const form = element("form", "line");
  const pairs = versions.map((one) => [one.law_id, `${one.version_date} ${one.status}`]);
  const at = Math.max(1, versions.findIndex((one) => one.law_id === (where.to || law.law_id)));
  const from = choice(pairs, { value: where.from || versions[at - 1].law_id });
  const to = choice(pairs, { value: where.to || versions[at].law_id });
  form.append(labelled("旧版本", from, "inline"), labelled("新版本", to, "inline"));
  form.append(element("button", "second", "比较"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    opened(lawAddress({ law: to.value, from: from.value, to: to.value }));
  });
  return form;
}
