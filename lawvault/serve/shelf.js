// What else a reader keeps: drafts, favourites, history, and all of it in one file.
"use strict";

import { whereIs } from "./address.js";
import { button, element, folded, lawLink, shortName } from "./card.js";
import { choice, input, moment, saveFile, sureButton } from "./controls.js";
import { FAVORITES } from "./keep.js";
import { ask, request } from "./service.js";

const DRAFTS = "/v1/drafts";
const HISTORY = "/v1/history";
const MATERIALS = "/v1/materials";
const PAGE = 20;
const STATES = { writing: "正在写", done: "已写完", stopped: "已停止", failed: "未写完" };
const KINDS = { search: "检索", ask: "提问", draft: "起草" };

// A part that reads its list each time it is opened, page by page.
function listed(title, path, itemOf, empty) {
  const part = folded("shelf", title, false);
  const list = element("ul", "kept");
  const told = element("p", "place");
  told.setAttribute("role", "status");
  const more = element("div");
  part.append(list, told, more);
  const load = async (cursor) => {
    if (!cursor) list.replaceChildren();
    more.replaceChildren();
    told.textContent = "读取中…";
    try {
      const page = await ask(
        `${path}${path.includes("?") ? "&" : "?"}limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      list.append(...page.data.map(itemOf));
      told.textContent = list.children.length ? "" : empty;
      if (page.next) more.append(button("copy", "更多", () => load(page.next)));
    } catch (error) {
      told.textContent = error.message;
    }
  };
  part.addEventListener("toggle", () => part.open && load(""));
  return { part, load };
}

// `title` is words, or the node that shows them.
function item(title, facts, pressed, ...tools) {
  const node = element("li");
  const name = pressed ? button("again", title, pressed) : title;
  node.append(name, element("span", "place", facts.filter(Boolean).join(" · ")), ...tools);
  return node;
}

// Drafts that were written before; `opened` gets the id of the one that is chosen.
export function pastDrafts(opened) {
  const { part } = listed(
    "以往的文稿",
    DRAFTS,
    (draft) => {
      const facts = [moment(draft.updated), STATES[draft.state], `第 ${draft.revision} 版`];
      const remove = sureButton("删除", async () => {
        await request(`${DRAFTS}/${encodeURIComponent(draft.id)}`, { method: "DELETE" });
        node.remove();
      });
      const node = item(
        draft.title || "（无题）",
        facts,
        () => {
          part.open = false;
          opened(draft.id);
        },
        remove,
      );
      return node;
    },
    "还没有文稿",
  );
  return part;
}

export function favourites() {
  const { part, load } = listed(
    "收藏的法条",
    `${FAVORITES}?kind=article`,
    (one) => {
      const title = one.law_name ? `《${shortName(one.law_name)}》${one.article_number}` : one.id;
      const where = new URLSearchParams({ kind: one.kind, id: one.id });
      const add = button("copy", "加入材料", async () => {
        try {
          await ask(MATERIALS, { items: [{ article_id: one.id }] });
          add.textContent = "已加入材料";
          document.dispatchEvent(new CustomEvent("lawvault:kept", { detail: "materials" }));
        } catch (error) {
          add.textContent = error.message;
        }
      });
      const remove = sureButton("移除", async () => {
        await request(`${FAVORITES}?${where}`, { method: "DELETE" });
        node.remove();
      });
      const facts = [one.status, one.is_gone && "库中已没有这一条"];
      const name = one.is_gone
        ? element("span", "again", title)
        : lawLink(title, whereIs(one.id), "again");
      const node = item(name, facts, null, ...(one.is_gone ? [] : [add]), remove);
      return node;
    },
    "还没有收藏",
  );
  document.addEventListener("lawvault:kept", ({ detail }) => {
    if (part.open && detail === "favorites") load("");
  });
  return part;
}

// What was asked and drafted; `opened` gets the entry that is chosen.
export function pastWork(opened) {
  const { part, load } = listed(
    "历史记录",
    HISTORY,
    (entry) => {
      const remove = sureButton("删除", async () => {
        await request(`${HISTORY}/${encodeURIComponent(entry.id)}`, { method: "DELETE" });
        node.remove();
      });
      const facts = [KINDS[entry.kind] || entry.kind, moment(entry.created)];
      const show = () => {
        part.open = false;
        opened(entry);
      };
      const node = item(entry.text, facts, show, remove);
      return node;
    },
    "还没有记录",
  );
  document.addEventListener("lawvault:noted", () => part.open && load(""));
  part.append(
    sureButton("清空历史", async () => {
      await request(HISTORY, { method: "DELETE" });
      await load("");
    }),
  );
  return part;
}

// All that is kept, into a file and back.
export function backup(imported) {
  const part = folded("shelf", "备份与恢复", false);
  const told = element("p", "place");
  told.setAttribute("role", "status");
  const attempt = (work) => async () => {
    told.textContent = "处理中…";
    try {
      told.textContent = await work();
    } catch (error) {
      told.textContent = error.message;
    }
  };
  const save = button(
    "copy",
    "导出资料库",
    attempt(async () => {
      const response = await request("/v1/library/export");
      saveFile(await response.blob(), "lawvault-资料库.json");
      return "已导出：材料、文件夹、收藏、模板、历史和文稿";
    }),
  );
  const file = input("file", { accept: ".json,application/json", ariaLabel: "资料库文件" });
  const mode = choice(
    [
      ["merge", "并入现有资料库"],
      ["replace", "替换现有资料库（现有内容将被删除）"],
    ],
    { ariaLabel: "导入方式" },
  );
  const load = sureButton(
    "导入",
    attempt(async () => {
      if (!file.files.length) return "请先选择导出的 .json 文件";
      const document_ = JSON.parse(await file.files[0].text().catch(() => ""));
      const answer = await ask("/v1/library/import", { mode: mode.value, document: document_ });
      imported();
      const sum = (counts) => Object.values(counts).reduce((all, one) => all + one, 0);
      return `新增 ${sum(answer.added)} 项，原有 ${sum(answer.present)} 项`;
    }),
  );
  const line = element("div", "line");
  line.append(file, mode, load);
  part.append(save, line, told);
  return part;
}
