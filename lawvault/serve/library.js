// The material library: folders, materials to choose from, notes and provisions to add.
"use strict";

import { adding } from "./adding.js";
import { tailOf } from "./address.js";
import { button, element, folded, lawLink } from "./card.js";
import { area, choice, input, sureButton, tell, ticked } from "./controls.js";
import { difference } from "./diff.js";
import { ask, request, told } from "./service.js";

const MATERIALS = "/v1/materials";
const FOLDERS = "/v1/folders";
const ALL = "all";
const KINDS = { article: "条文", passage: "条文节选", law: "整部法律", note: "笔记" };
const PAGE = 50;
const WAIT = 250; // milliseconds without a key pressed, before a search

export class Library {
  #chosen = new Map(); // id -> title, in the order in which they were chosen
  #shown = []; // records of the list, in order
  #next = "";
  #turn = 0; // of the newest request; what an older one brings is dropped

  // Fill `root`; `chose` is called when other materials are chosen.
  constructor(root, chose) {
    this.chose = chose;
    this.error = element("div", "error");
    this.error.setAttribute("role", "alert");
    this.error.hidden = true;
    this.folder = choice([[ALL, "全部材料"]], { ariaLabel: "文件夹" });
    this.sought = input("search", { placeholder: "在材料中查找", ariaLabel: "在材料中查找" });
    this.folders = element("div", "line");
    this.list = element("ul", "materials");
    this.list.setAttribute("aria-label", "材料");
    this.empty = element("p", "place");
    this.more = button("copy", "更多", () => this.#try(() => this.#read()));
    this.state = element("p", "place");
    this.state.setAttribute("role", "status");
    this.bulk = element("div", "line bulk");
    const top = element("div", "line");
    top.append(this.folder, this.sought);
    root.append(
      this.error,
      top,
      this.folders,
      this.state,
      this.bulk,
      this.list,
      this.empty,
      this.more,
    );
    root.append(adding((item) => this.#add(item)));
    this.#listen();
  }

  // The ids of the chosen materials, the first chosen first.
  get chosen() {
    return [...this.#chosen.keys()];
  }

  titleOf(id) {
    const shown = this.#shown.find((one) => one.id === id);
    return this.#chosen.get(id) || (shown ? nameOf(shown) : id);
  }

  // Read folders and materials anew.
  async refresh() {
    await this.#try(async () => {
      const tree = await ask(FOLDERS);
      const here = this.folder.value;
      const flat = [];
      const walk = (nodes, depth) => {
        for (const one of nodes) {
          flat.push([one.id, `${"　".repeat(depth)}${one.name}（${one.materials}）`]);
          walk(one.folders, depth + 1);
        }
      };
      walk(tree.folders, 0);
      const roots = [
        [ALL, `全部材料（${tree.total}）`],
        ["", `未归类（${tree.materials}）`],
      ];
      this.folder.replaceChildren(...[...roots, ...flat].map(([id, text]) => new Option(text, id)));
      if ([...this.folder.options].some((one) => one.value === here)) this.folder.value = here;
      this.#showFolderTools(flat);
      await this.#read(true);
    });
  }

  #listen() {
    this.folder.addEventListener("change", () => this.refresh());
    let timer = 0;
    this.sought.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#try(() => this.#read(true)), WAIT);
    });
    document.addEventListener("lawvault:kept", () => this.refresh());
  }

  async #try(work) {
    tell(this.error, null);
    try {
      await work();
    } catch (error) {
      tell(this.error, error, () => this.#try(work));
    }
  }

  async #read(isFirst = false) {
    const turn = ++this.#turn;
    const where = new URLSearchParams({ limit: PAGE });
    if (this.folder.value !== ALL) where.set("folder_id", this.folder.value);
    if (this.sought.value.trim()) where.set("q", this.sought.value.trim());
    if (!isFirst && this.#next) where.set("cursor", this.#next);
    const page = await ask(`${MATERIALS}?${where}`);
    if (turn !== this.#turn) return;
    if (isFirst) {
      this.list.replaceChildren();
      this.#shown = [];
    }
    this.#shown.push(...page.data);
    this.#next = page.next;
    this.list.append(...page.data.map((one) => this.#item(one)));
    this.more.hidden = !page.next;
    const why = this.sought.value.trim()
      ? "没有找到"
      : "还没有材料。在检索结果上按“加入材料”，或在下面添加";
    this.empty.textContent = this.#shown.length ? "" : why;
    this.#showChosen();
  }

  #item(one) {
    const node = element("li", "material");
    const tick = ticked(nameOf(one), { checked: this.#chosen.has(one.id) });
    tick.box.addEventListener("change", () => {
      if (tick.box.checked) this.#chosen.set(one.id, nameOf(one));
      else this.#chosen.delete(one.id);
      this.#showChosen();
    });
    const line = element("div", "line");
    line.append(tick.node, element("span", "chip", KINDS[one.kind] || one.kind));
    if (one.is_stale) line.append(element("span", "chip poor", "已变更"));
    if (one.status && one.status !== "现行有效")
      line.append(element("span", "chip poor", one.status));
    const more = folded("whole", one.head.slice(0, 40) + (one.length > 40 ? "…" : ""), false);
    more.addEventListener("toggle", () => {
      if (more.open) this.#try(() => this.#open(one, more));
    });
    node.append(line, more);
    return node;
  }

  async #open(one, more) {
    const full = await ask(`${MATERIALS}/${encodeURIComponent(one.id)}`);
    const body = element("div", "text", full.text);
    const tools = element("div", "line");
    tools.append(sureButton("删除", () => this.#remove([one.id])));
    const parts = [body];
    if (full.is_stale) {
      const why = full.text_now == null ? "库中已没有这一条" : "库中的条文已变更（删去 / 新增）：";
      parts.push(element("p", "warn", why));
      if (full.text_now != null) {
        parts.push(difference(full.text, full.text_now));
        tools.prepend(
          button("copy", "更新为现在的条文", () =>
            this.#try(() => this.#change(one, { refresh: true })),
          ),
        );
      }
    }
    if (one.law_id) tools.prepend(lawLink("查看原文", placeOf(one), "copy"));
    if (one.kind === "note") tools.prepend(button("copy", "修改", () => this.#rewrite(full, body)));
    more.replaceChildren(more.firstChild, ...parts, tools);
  }

  #rewrite(full, body) {
    const text = area(6, { value: full.text, ariaLabel: "笔记内容" });
    const save = button("copy", "保存笔记", () =>
      this.#try(() => this.#change(full, { text: text.value })),
    );
    body.replaceWith(text);
    text.after(save);
    text.focus();
  }

  async #change({ id }, body) {
    await request(`${MATERIALS}/${encodeURIComponent(id)}`, { body, method: "PATCH" });
    await this.refresh();
  }

  // Take an item in; say whether that went well.
  async #add(item) {
    let isDone = false;
    await this.#try(async () => {
      const folder = this.folder.value === ALL ? "" : this.folder.value;
      await ask(MATERIALS, { items: [await item], folder_id: folder });
      await this.refresh();
      isDone = true;
    });
    return isDone;
  }

  async #remove(ids) {
    await ask(`${MATERIALS}/delete`, { ids });
    for (const id of ids) this.#chosen.delete(id);
    await this.refresh();
  }

  #showChosen() {
    const number = this.#chosen.size;
    this.state.textContent = number
      ? `已选 ${number} 份，起草时按选择的先后采用`
      : "勾选起草时要用的材料";
    const all = button("copy", "全选", () => this.#chooseAll());
    const places = [...this.folder.options].filter((one) => one.value !== ALL);
    const to = choice([["-", "移到…"], ...places.map((one) => [one.value, one.text])], {
      ariaLabel: "移到文件夹",
    });
    to.addEventListener("change", () =>
      this.#try(async () => {
        const body = { ids: this.chosen, folder_id: to.value };
        await request(`${MATERIALS}/move`, { body });
        await this.refresh();
      }),
    );
    const none = button("copy", "全不选", () => {
      this.#chosen.clear();
      for (const box of this.list.querySelectorAll("li > .line input")) box.checked = false;
      this.#showChosen();
    });
    const remove = sureButton("删除所选", () => this.#remove(this.chosen));
    this.bulk.replaceChildren(...(number ? [none, to, remove] : this.#shown.length ? [all] : []));
    this.chose(this.chosen);
  }

  #chooseAll() {
    for (const one of this.#shown) this.#chosen.set(one.id, nameOf(one));
    for (const box of this.list.querySelectorAll("li > .line input")) box.checked = true;
    this.#showChosen();
  }

  #showFolderTools(flat) {
    const name = input("text", {
      placeholder: "文件夹名称",
      ariaLabel: "文件夹名称",
      maxLength: 100,
    });
    const here = flat.some(([id]) => id === this.folder.value) ? this.folder.value : "";
    const make = button("copy", here ? "新建下级" : "新建文件夹", () =>
      this.#try(async () => {
        if (!name.value.trim()) return name.focus();
        await ask(FOLDERS, { name: name.value.trim(), parent_id: here });
        await this.refresh();
      }),
    );
    const tools = folded("manage", "管理文件夹", false);
    const line = element("div", "line");
    line.append(name, make);
    if (here) {
      const path = `${FOLDERS}/${encodeURIComponent(here)}`;
      line.append(
        button("copy", "改名", () =>
          this.#try(async () => {
            if (!name.value.trim()) return name.focus();
            await told(await request(path, { body: { name: name.value.trim() }, method: "PATCH" }));
            await this.refresh();
          }),
        ),
        sureButton("删除文件夹", async () => {
          await request(path, { method: "DELETE" });
          this.folder.value = ALL;
          await this.refresh();
        }),
      );
    }
    tools.append(line);
    this.folders.replaceChildren(tools);
  }
}

function placeOf({ law_id: law, article_id: id, start, end }) {
  return { law, article: id && tailOf(id), at: end && `${start}-${end}` };
}

// What a material is called; a note without a title by its first words.
function nameOf({ title, head }) {
  return title || head.slice(0, 20);
}
