// 复核: the citations of a file or a text, checked by the law of a day.
"use strict";

import { button, element, folded } from "./card.js";
import { NOT_HERE, area, input, labelled, saveFile, tell } from "./controls.js";
import { difference } from "./diff.js";
import { request, told } from "./service.js";
import { countChips, isGood, verdictChip } from "./verdicts.js";

const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const PROOFS = {
  ok: "文件带有完好的引用存证，已按存证逐条比对",
  altered: "文件所带的引用存证被改动过，不予采信，仅按文字核对",
  absent: "",
};

export class Recheck {
  #form;
  #error;
  #result;
  #turn = 0;

  constructor(form, error, result) {
    this.#form = form;
    this.#error = error;
    this.#result = result;
    this.file = input("file", { accept: `.docx,${DOCX}` });
    this.text = area(8, { placeholder: "或者把要核对的文字粘贴在这里" });
    this.day = input("date");
    this.go = element("button", "primary", "复核");
    const drop = element("div", "drop");
    drop.append(labelled("Word 文件（.docx），可以拖到这里", this.file));
    const line = element("div", "line");
    line.append(labelled("按哪一天的法律（不填：库中最新）", this.day), this.go);
    form.append(drop, labelled("文字", this.text), line);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#check();
    });
    this.#takeDrops(drop);
  }

  #takeDrops(drop) {
    for (const kind of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", kind === "dragover");
      });
    }
    drop.addEventListener("drop", ({ dataTransfer }) => {
      if (!dataTransfer.files.length) return;
      this.file.files = dataTransfer.files;
      this.#check();
    });
  }

  async #check() {
    const file = this.file.files[0];
    const text = this.text.value;
    if (!file && !text.trim()) return this.text.focus();
    const turn = ++this.#turn;
    this.go.disabled = true;
    tell(this.#error, null);
    this.#result.replaceChildren(element("p", "place", "复核中…"));
    try {
      const answer = await told(await this.#asked(file, text));
      if (turn === this.#turn) this.#show(answer, file);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#result.replaceChildren();
      tell(this.#error, error.status === 404 ? new Error(NOT_HERE) : error, () => this.#check());
    } finally {
      this.go.disabled = false;
    }
  }

  #asked(file, text, accept = "application/json") {
    const day = this.day.value ? `?as_of=${this.day.value}` : "";
    const headers = { Accept: accept };
    if (file) headers["Content-Type"] = DOCX;
    return request(`/v1/recheck${day}`, { body: file || { text }, headers });
  }

  #show(answer, file) {
    const head = element("div", "panel");
    const wrong = answer.verdicts.filter((one) => !isGood(one));
    const said = answer.verdicts.length
      ? `共 ${answer.verdicts.length} 处引用，${wrong.length ? `${wrong.length} 处须处理` : "均无问题"}`
      : "没有找到对法条的引用";
    const line = element("div", "line");
    line.append(element("p", "now", said), countChips(answer.counts));
    head.append(line, element("p", "place", `按 ${answer.as_of} 的法律核对`));
    const notes = [PROOFS[answer.proof], ...answer.notes].filter(Boolean);
    if (notes.length) head.append(this.#list(notes));
    if (file && wrong.length) head.append(this.#copyOf(file));
    const rest = answer.verdicts.filter(isGood);
    const fine = folded("panel", `没有问题的引用（${rest.length}）`, !wrong.length);
    fine.append(...rest.map((one) => this.#item(one)));
    this.#result.replaceChildren(head, ...this.#wrongs(wrong), ...(rest.length ? [fine] : []));
  }

  #list(notes) {
    const list = element("ul", "notes");
    list.append(...notes.map((note) => element("li", "", note)));
    return list;
  }

  #wrongs(wrong) {
    if (!wrong.length) return [];
    const part = element("section", "panel");
    part.append(element("h2", "", "须处理的引用"), ...wrong.map((one) => this.#item(one)));
    return [part];
  }

  #copyOf(file) {
    const press = button("copy", "下载带批注的副本", async () => {
      press.disabled = true;
      try {
        const response = await this.#asked(file, "", DOCX);
        saveFile(await response.blob(), file.name.replace(/(\.docx)?$/i, "-复核.docx"));
        press.textContent = "已下载带批注的副本";
      } catch (error) {
        press.textContent = error.message;
      }
      press.disabled = false;
    });
    return press;
  }

  #item(one) {
    const node = element("div", "check");
    const line = element("p", "line");
    line.append(verdictChip(one.verdict, isGood(one)), element("strong", "", one.citation));
    node.append(line);
    if (one.reason) node.append(element("p", "warn", one.reason));
    if (one.context) node.append(element("q", "", one.context));
    if (one.old && one.new) {
      node.append(
        element("p", "place", "条文的变化（删去 / 新增）："),
        difference(one.old, one.new),
      );
    } else if (one.old || one.new) {
      node.append(element("p", "place", one.old ? "原来的条文：" : "现在的条文："));
      node.append(element("p", "text", one.old || one.new));
    }
    return node;
  }
}
