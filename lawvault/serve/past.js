// The runs that were made before, newest first: each to be opened again, or removed.
"use strict";

import { button, element } from "./card.js";
import { ask, request } from "./service.js";

const RUNS = "/v1/agent/runs";
const PAGE = 10;
const STATES = { running: "进行中", completed: "已完成", stopped: "已停止", failed: "未能完成" };
const KINDS = { research: "", ask: "简评" };

// Fill `root`, a <details>, each time it is opened; `opened` gets the record that is chosen.
export function listPast(root, opened) {
  const list = element("ul");
  const told = element("p", "place");
  const more = element("div");
  root.append(list, told, more);
  root.addEventListener("toggle", () => {
    if (!root.open) return;
    list.replaceChildren();
    load("");
  });

  async function load(before) {
    more.replaceChildren();
    told.textContent = "读取中…";
    try {
      const page = await ask(`${RUNS}?limit=${PAGE}${before && `&before=${before}`}`);
      list.append(...page.data.map((record) => item(record, opened)));
      told.textContent = list.children.length ? "" : "还没有深度检索的记录";
      if (page.next) more.append(button("copy", "更早的", () => load(page.next)));
    } catch (error) {
      told.textContent = error.status === 404 ? "此服务没有开启深度检索" : error.message;
    }
  }
}

function item(record, opened) {
  const node = element("li");
  const when = new Date(record.created * 1000).toLocaleString("zh-CN", {
    dateStyle: "short",
    timeStyle: "short",
  });
  const facts = [when, KINDS[record.kind], STATES[record.state] || record.state];
  const told = element("span", "place", facts.filter(Boolean).join(" · "));
  node.append(button("again", record.question, () => opened(record)), told, removal(record, node));
  return node;
}

// A button that removes a run when it is pressed twice.
function removal(record, node) {
  const press = button("copy", "删除", async () => {
    if (press.textContent === "删除") {
      press.textContent = "确定删除？";
      return;
    }
    try {
      await request(`${RUNS}/${record.id}`, { method: "DELETE" });
      node.remove();
    } catch (error) {
      press.textContent = error.message;
    }
  });
  return press;
}
