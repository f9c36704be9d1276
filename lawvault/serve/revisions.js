// The revisions of a draft: what each changed, and a way back to any of them.
"use strict";

import { button, element, folded } from "./card.js";
import { moment, sureButton } from "./controls.js";
import { difference } from "./diff.js";
import { ask } from "./service.js";

const KINDS = { draft: "起草", revise: "按要求修改", edit: "编辑" };
const STATES = { writing: "正在写", stopped: "已停止", failed: "未写完" };

export class Revisions {
  #path = "";
  #newest = 0;

  // `textOf` returns the text that is shown; `restore` makes an old revision the newest.
  constructor({ textOf, restore }) {
    this.textOf = textOf;
    this.restore = restore;
    this.part = folded("part revisions", "历史版本", false);
    this.list = element("ul", "kept");
    this.told = element("p", "place");
    this.told.setAttribute("role", "status");
    this.part.append(this.list, this.told);
    this.part.addEventListener("toggle", () => this.part.open && this.#read());
  }

  // Show those of a draft; its newest is of that number.
  of(draftId, newest) {
    this.part.hidden = !draftId;
    this.#path = `/v1/drafts/${encodeURIComponent(draftId || "")}`;
    this.#newest = newest;
    if (draftId && this.part.open) this.#read();
  }

  async #read() {
    this.told.textContent = "读取中…";
    try {
      const { data } = await ask(`${this.#path}/revisions`);
      this.list.replaceChildren(...data.reverse().map((one) => this.#item(one)));
      this.told.textContent = "";
    } catch (error) {
      this.told.textContent = error.message;
    }
  }

  #item(one) {
    const node = element("li");
    const facts = [
      KINDS[one.kind],
      STATES[one.state],
      one.instruction,
      moment(one.created),
      `${one.length} 字`,
    ];
    const changes = element("div");
    const look = button("copy", "与现在的差别", async () => {
      try {
        const old = await ask(`${this.#path}?revision=${one.number}`);
        changes.replaceChildren(difference(old.markdown, this.textOf()));
      } catch (error) {
        changes.replaceChildren(element("p", "warn", error.message));
      }
    });
    node.append(
      element("span", "again", `第 ${one.number} 版`),
      element("span", "place", facts.filter(Boolean).join(" · ")),
      look,
    );
    if (one.number !== this.#newest)
      node.append(sureButton("恢复", () => this.restore(one.number)));
    node.append(changes);
    return node;
  }
}
