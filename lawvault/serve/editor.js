// One draft: read, typed over, kept in revisions, changed by an instruction, taken away.
"use strict";

import { factsOf, jumps } from "./about.js";
import { blanksOf, headingsOf, marksOf, preview } from "./blanks.js";
import { button, element, folded } from "./card.js";
import { area, choice, input, labelled, tell } from "./controls.js";
import { difference } from "./diff.js";
import { Exports } from "./exports.js";
import { Revisions } from "./revisions.js";
import { request, told } from "./service.js";

const DRAFTS = "/v1/drafts";
const WHOLE = "";
const SELECTED = " selected"; // no heading begins with a blank
const WAIT = 300; // milliseconds without a key pressed, before what the text lacks is listed anew

export class Editor {
  #record = null; // as the service knows it; without an id, it does not yet
  #revise;
  #titleOf;
  #opened;

  // `titleOf` names a material; `revise` has a change written; `opened` gets the id of what is shown.
  constructor(root, { titleOf, revise, opened }) {
    this.#titleOf = titleOf;
    this.#revise = revise;
    this.#opened = opened;
    this.root = root;
    this.title = input("text", { maxLength: 500, ariaLabel: "文稿标题" });
    this.state = element("span", "chip");
    this.state.setAttribute("role", "status");
    this.save = button("primary", "保存", () => this.#try(() => this.keep()));
    this.error = element("div", "error");
    this.error.setAttribute("role", "alert");
    this.conflict = element("div", "conflict");
    this.facts = element("div");
    this.lacks = element("div");
    this.text = area(24, { ariaLabel: "文稿（Markdown）", spellcheck: false });
    this.shown = element("div");
    this.views = {
      preview: button("tab", "预览", () => this.view("preview")),
      edit: button("tab", "编辑", () => this.view("edit")),
    };
    this.revisions = new Revisions({
      textOf: () => this.text.value,
      restore: (number) => this.#restore(number),
    });
    const head = element("div", "line");
    head.append(this.title, this.state, this.save);
    const tabs = element("div", "tabs");
    tabs.append(...Object.values(this.views));
    const away = folded("part", "导出", true);
    this.exports = new Exports(away, () => this.#source());
    root.append(
      head,
      this.error,
      this.conflict,
      this.facts,
      this.lacks,
      tabs,
      this.text,
      this.shown,
    );
    root.append(this.#revising(), away, this.revisions.part);
    this.#listen();
  }

  // Whether the text or its title is another than what was shown.
  get isEdited() {
    const { markdown, title } = this.#record || {};
    return (
      Boolean(this.#record) && (this.text.value !== markdown || this.title.value.trim() !== title)
    );
  }

  // Whether something would be lost with the page.
  get isDirty() {
    return Boolean(this.#record) && (!this.#record.id || this.isEdited);
  }

  get id() {
    return this.#record?.id || "";
  }

  // Show a draft that the service keeps. Throws a Refusal.
  async open(id, before) {
    this.show(await told(await request(`${DRAFTS}/${encodeURIComponent(id)}`)), before);
  }

  // Show a draft; `before` is what its text was until it was changed as asked.
  show(record, before) {
    this.#record = {
      data: {},
      ...record,
      markdown: record.markdown || "",
      title: record.title || "",
    };
    this.root.hidden = false;
    this.title.value = this.#record.title;
    this.text.value = this.#record.markdown;
    this.conflict.replaceChildren();
    tell(this.error, null);
    this.facts.replaceChildren(...factsOf(this.#record.data || {}, this.#titleOf));
    this.revisions.of(record.id, record.revision);
    if (before !== undefined) this.#tellChange(before);
    this.view(record.id ? "preview" : "edit");
    this.#changed();
    this.#opened(record.id || "");
  }

  // Keep the text as the next revision, over nobody else's. Throws a Refusal.
  async keep(revision = this.#record.revision) {
    const { id, title, template = "", values = {} } = this.#record;
    const [markdown, name] = [this.text.value, this.title.value.trim()];
    if (!id) {
      const body = { markdown, title: name, template, values };
      const kept = await told(await request(`${DRAFTS}/import`, { body }));
      return this.show({ ...kept, data: this.#record.data });
    }
    const body = { markdown };
    if (name !== title) body.title = name;
    const headers = { "If-Match": `"${revision}"` };
    try {
      const path = `${DRAFTS}/${encodeURIComponent(id)}`;
      const kept = await told(await request(path, { body, headers, method: "PUT" }));
      this.#record = {
        ...this.#record,
        ...kept,
        markdown,
        title: kept.title,
        data: this.#record.data,
      };
      this.conflict.replaceChildren();
      this.revisions.of(id, kept.revision);
      this.#changed();
    } catch (error) {
      if (error.status !== 412) throw error;
      await this.#tellConflict(id);
    }
  }

  view(name) {
    for (const [key, tab] of Object.entries(this.views))
      tab.setAttribute("aria-pressed", String(key === name));
    this.text.hidden = name !== "edit";
    this.shown.hidden = name !== "preview";
    if (name === "preview")
      this.shown.replaceChildren(
        preview(this.text.value, (number) => this.#goTo(blanksOf(this.text.value)[number])),
      );
  }

  #listen() {
    let timer = 0;
    this.text.addEventListener("input", () => {
      this.#showState();
      clearTimeout(timer);
      timer = setTimeout(() => this.#changed(), WAIT);
    });
    this.title.addEventListener("input", () => this.#showState());
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#try(() => this.keep());
    });
    addEventListener("beforeunload", (event) => this.isDirty && event.preventDefault());
  }

  async #try(work) {
    tell(this.error, null);
    this.save.disabled = true;
    try {
      await work();
    } catch (error) {
      tell(this.error, error);
    }
    this.save.disabled = false;
    this.#showState();
  }

  // A text with a title of its own keeps it.
  #source() {
    const { id, revision, markdown } = this.#record;
    const text = this.text.value;
    const title = /^# /m.test(text) ? {} : { title: this.title.value.trim() };
    return id && text === markdown
      ? { draft: id, revision, ...title }
      : { markdown: text, ...title };
  }

  #showState() {
    const { id, revision } = this.#record;
    const kept = id ? `第 ${revision} 版` : "尚未保存";
    this.state.textContent = id && this.isDirty ? `${kept}，有修改未保存` : kept;
    this.state.classList.toggle("poor", this.isDirty);
    this.save.disabled = !this.isDirty;
  }

  #changed() {
    this.#showState();
    const goTo = (place) => this.#goTo(place);
    this.lacks.replaceChildren(
      ...jumps("待补充", "blanks", blanksOf(this.text.value), goTo),
      ...jumps("须核对", "marks", marksOf(this.text.value), goTo),
    );
    const headings = headingsOf(this.text.value).map((words) => [words, `只改“${words}”`]);
    const here = this.part.value;
    const pairs = [[WHOLE, "改全文"], [SELECTED, "只改编辑框中选中的文字"], ...headings];
    this.part.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
    if (pairs.some(([value]) => value === here)) this.part.value = here;
  }

  // Put the cursor on a place of the text.
  #goTo(place) {
    if (!place) return;
    this.view("edit");
    this.text.focus();
    this.text.setSelectionRange(place.start, place.end);
    const line = this.text.value.slice(0, place.start).split("\n").length;
    const height = parseFloat(getComputedStyle(this.text).lineHeight) || 24;
    this.text.scrollTop = Math.max(0, (line - 5) * height);
  }

  #tellChange(before) {
    const part = folded("part", "这次修改了什么", true);
    part.append(difference(before, this.#record.markdown));
    this.facts.append(part);
  }

  async #tellConflict(id) {
    const theirs = await told(await request(`${DRAFTS}/${encodeURIComponent(id)}`));
    const mine = this.text.value;
    const words = `别处已经保存了第 ${theirs.revision} 版。您的文字还在编辑框里，没有丢失。与那一版的差别（删去 / 新增）：`;
    const presses = element("div", "line");
    presses.append(
      button("second", `保存我的，作为第 ${theirs.revision + 1} 版`, () =>
        this.#try(() => this.keep(theirs.revision)),
      ),
      button("copy", "改用别处的那一版", () => {
        this.show(theirs);
        const rest = folded("part", "我没有保存的文字", true);
        rest.append(area(10, { value: mine, readOnly: true, ariaLabel: "我没有保存的文字" }));
        this.conflict.append(rest);
      }),
    );
    this.conflict.replaceChildren(
      element("p", "warn", words),
      difference(theirs.markdown, mine),
      presses,
    );
  }

  async #restore(number) {
    if (this.isDirty) throw new Error("有修改未保存，请先保存");
    const { id, revision, markdown } = this.#record;
    const options = { body: { revision: number }, headers: { "If-Match": `"${revision}"` } };
    this.show(
      await told(await request(`${DRAFTS}/${encodeURIComponent(id)}/restore`, options)),
      markdown,
    );
  }

  #revising() {
    const form = element("form", "part");
    this.wanted = area(2, { placeholder: "比如：语气缓和一些；补上违约金的依据", required: true });
    this.part = choice([[WHOLE, "改全文"]]);
    form.append(labelled("按要求修改", this.wanted));
    const line = element("div", "line");
    line.append(labelled("范围", this.part, "inline"), element("button", "second", "修改"));
    form.append(line);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [start, end] = [this.text.selectionStart, this.text.selectionEnd];
      this.#try(() => this.#ask(start, end));
    });
    return form;
  }

  async #ask(start, end) {
    const body = { instruction: this.wanted.value.trim() };
    const text = this.text.value;
    if (this.part.value === SELECTED) {
      if (start === end) throw new Error("请先在编辑框中选中要改的文字");
      const points = (to) => [...text.slice(0, to)].length; // the service counts characters
      body.selection = { start: points(start), end: points(end) };
    } else if (this.part.value) body.heading = this.part.value;
    if (this.isDirty) await this.keep();
    if (this.isDirty) return;
    body.revision = this.#record.revision;
    await this.#revise(this.#record.id, body, text);
    this.wanted.value = "";
  }
}
