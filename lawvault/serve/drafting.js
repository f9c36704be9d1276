// A draft while it is written: its text as it grows, what becomes of materials, a way to stop.
"use strict";

import { button, element } from "./card.js";
import { preview } from "./blanks.js";
import { Refusal, eventsOf, request } from "./service.js";

const DRAFTS = "/v1/drafts";
const ENDS = new Set(["draft.completed", "draft.stopped", "draft.failed"]);
const PAUSE = 150; // milliseconds between two drawings of a text that grows

// The parts of a text in their order; a part that is written anew takes the place of the old one.
export class Parts {
  #parts = [];

  take({ section, text, replaces }) {
    const last = this.#parts.findLast((one) => one.section === section);
    if (replaces && !section) this.#parts = [{ section: "", text }];
    else if (replaces && last) last.text = text;
    else if (section && last) last.text += text;
    else this.#parts.push({ section, text });
  }

  get text() {
    return this.#parts.map((one) => one.text).join("");
  }
}

export class Drafting {
  #root;
  #titleOf;
  #parts = new Parts();
  #draftId = "";
  #isUnwanted = false;
  #timer = 0;

  // Show inside `root`; `titleOf` names a material by its id.
  constructor(root, titleOf) {
    this.#root = root;
    this.#titleOf = titleOf;
    this.now = element("p", "now busy", "正在准备…");
    this.now.setAttribute("role", "status");
    this.stop = button("stop", "停止", () => this.#stop());
    this.notes = element("ul", "notes");
    this.text = element("div");
    const line = element("div", "line");
    line.append(this.now, this.stop);
    root.replaceChildren(line, this.notes, this.text);
    root.hidden = false;
  }

  // Ask for a draft or a change at `path`; return its id and its last event. Throws a Refusal.
  async hear(path, body) {
    try {
      const headers = { Accept: "text/event-stream" };
      const response = await request(path, { body: { ...body, stream: true }, headers });
      this.#draftId = response.headers.get("X-LawVault-Draft") || "";
      if (this.#isUnwanted) this.#stop();
      for await (const { event, data } of eventsOf(response, () => {})) {
        if (event === "error") throw new Refusal(data.error.message, 503);
        this.#draftId ||= data.draft_id;
        if (ENDS.has(event)) return { id: this.#draftId, kind: event, data: data.data };
        this.#take(event, data.data);
      }
      throw new Refusal("与服务的连接中断，已写的部分已保留在“以往的文稿”中", 0);
    } finally {
      clearTimeout(this.#timer);
      this.#timer = 0;
      this.now.classList.remove("busy");
      this.stop.hidden = true;
    }
  }

  async #stop() {
    this.#isUnwanted = true;
    this.stop.disabled = true;
    this.stop.textContent = "正在停止…";
    if (!this.#draftId) return;
    try {
      await request(`${DRAFTS}/${encodeURIComponent(this.#draftId)}/stop`, { method: "POST" });
    } catch (error) {
      this.stop.disabled = false;
      this.stop.textContent = "停止";
      this.#note(`未能停止：${error.message}`, "degraded");
    }
  }

  #take(kind, data) {
    const reader = {
      "search.started": () => this.#say("正在智能搜材"),
      "search.completed": () => this.#note(`智能搜材找到 ${data.articles.length} 条法条`),
      materials: () => this.#packed(data),
      "section.started": () => this.#say(data.heading ? `正在写“${data.heading}”` : "正在写"),
      "draft.delta": () => this.#grow(data),
      "citation.verified": () => this.#checked(data),
      warning: () => this.#note(data.message),
      degraded: () => this.#note(data.message, "degraded"),
    }[kind];
    reader?.();
  }

  #say(text) {
    this.now.textContent = text;
  }

  #note(message, kind = "") {
    this.notes.append(element("li", kind, message));
  }

  #packed({ used, dropped }) {
    if (used.length) this.#note(`采用材料 ${used.length} 份`);
    for (const one of dropped) this.#note(`${this.#titleOf(one.id)}：${one.message}`, "degraded");
  }

  #checked({ verdict, reason, text }) {
    if (verdict !== "verified" && reason) this.#note(`${text}：${reason}`, "degraded");
  }

  #grow(data) {
    this.#parts.take(data);
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      this.text.replaceChildren(preview(this.#parts.text, () => {}));
    }, PAUSE);
  }
}
