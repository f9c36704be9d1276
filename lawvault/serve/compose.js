// What a draft is asked for by: a template with its form, or an instruction; facts; a day.
"use strict";

import { button, element, folded } from "./card.js";
import { area, input, labelled, sureButton, ticked } from "./controls.js";
import { Form } from "./forms.js";
import { ask, request, told } from "./service.js";

const TEMPLATES = "/v1/templates";

export class Compose {
  #form = null; // Form of the chosen template
  #shape = null; // what the service tells of it
  #turn = 0;

  // Fill `root`, a <form>; `write` gets the body of a draft, `filled` a template that was filled.
  constructor(root, { write, filled }) {
    this.write = write;
    this.filled = filled;
    this.template = element("select");
    this.about = element("p", "place");
    this.fields = element("div", "fields");
    this.title = input("text", { maxLength: 500, placeholder: "不填则用模板或要求的名称" });
    this.instruction = area(3, { placeholder: "要写什么，写给谁，达到什么目的" });
    this.facts = area(5, { placeholder: "把事情说一说；没有说的，文稿里留空，不会编造" });
    this.day = input("date");
    this.search = ticked("智能搜材：先检索相关法条");
    this.keep = ticked("搜到的法条加入材料库");
    this.keep.node.hidden = true;
    this.search.box.addEventListener(
      "change",
      () => (this.keep.node.hidden = !this.search.box.checked),
    );
    this.told = element("ul", "notes");
    this.told.setAttribute("role", "alert");
    this.go = element("button", "primary", "起草");
    this.fill = button("second", "按模板生成", () => this.#fill());
    this.fill.title = "不用大模型，只把填写的内容放进模板";
    this.own = this.#ownTemplate();
    const ticks = element("div", "line");
    ticks.append(this.search.node, this.keep.node, labelled("按哪一天的法律", this.day, "inline"));
    const presses = element("div", "line");
    presses.append(this.go, this.fill);
    root.append(
      labelled("文书", this.template),
      this.about,
      this.fields,
      this.own,
      labelled("标题", this.title),
      labelled("起草要求", this.instruction),
      labelled("事实", this.facts),
      ticks,
      presses,
      this.told,
    );
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#write();
    });
    this.template.addEventListener("change", () => this.choose(this.template.value));
  }

  // Read which templates there are. Throws a Refusal.
  async refresh() {
    const { data } = await ask(TEMPLATES);
    const groups = [
      ["内置模板", "shipped"],
      ["我的模板", "own"],
    ].map(([label, origin]) => {
      const group = element("optgroup");
      group.label = label;
      group.append(
        ...data.filter((one) => one.origin === origin).map((one) => new Option(one.name, one.id)),
      );
      return group;
    });
    const here = this.template.value;
    this.template.replaceChildren(
      new Option("不用模板，按要求起草", ""),
      ...groups.filter((one) => one.children.length),
    );
    this.template.value = data.some((one) => one.id === here) ? here : "";
    await this.choose(this.template.value);
  }

  // Show the form of a template, "" for none.
  async choose(id) {
    const turn = ++this.#turn;
    this.#tell([]);
    this.template.value = id;
    try {
      const shape = id ? await ask(`${TEMPLATES}/${encodeURIComponent(id)}`) : null;
      if (turn !== this.#turn) return;
      this.#show(shape);
    } catch (error) {
      if (turn === this.#turn) this.#tell([error.message]);
    }
  }

  // Say that it could not be written, and what can be done instead.
  refused(error) {
    const messages = [error.message];
    const isWithoutLlm = error.code === "llm_not_configured";
    if (isWithoutLlm && !this.#shape) messages.push("可以选一个模板，填写后按“按模板生成”");
    this.#tell(messages);
    if (isWithoutLlm && this.#shape) this.fill.focus();
  }

  // Show at the fields what the service says of their values.
  tell({ problems, missing }) {
    const others = this.#form.tell({ problems, missing });
    if (problems.length)
      others.unshift(`已生成，但有 ${problems.length} 处填写不能使用，请改正后重新生成`);
    this.#tell(others);
    if (problems.length) this.#form.focusFirst();
  }

  #show(shape) {
    this.#shape = shape;
    this.#form = null;
    this.fields.replaceChildren();
    this.about.textContent = shape?.description || "";
    if (shape?.form) this.#form = new Form(this.fields, shape.form);
    if (shape?.problem) this.#tell([shape.problem]);
    if (shape?.form?.notes?.length) this.about.textContent += ` ${shape.form.notes.join(" ")}`;
    this.fill.hidden = !this.#form;
    this.own.show(shape);
  }

  #tell(messages) {
    this.told.replaceChildren(...messages.map((message) => element("li", "degraded", message)));
  }

  #write() {
    this.#tell([]);
    const body = {
      instruction: this.instruction.value.trim(),
      facts: this.facts.value.trim(),
      title: this.title.value.trim(),
      search: this.search.box.checked,
      keep_found: this.search.box.checked && this.keep.box.checked,
    };
    if (this.day.value) body.as_of = this.day.value;
    if (this.#shape)
      Object.assign(body, { template: this.#shape.id, values: this.#form?.values() || {} });
    else if (!body.instruction) {
      this.instruction.focus();
      return this.#tell(["请写明起草要求，或选一个模板"]);
    }
    this.write(body, this.#shape?.form?.profile);
  }

  async #fill() {
    this.#tell([]);
    this.fill.disabled = true;
    try {
      const path = `${TEMPLATES}/${encodeURIComponent(this.#shape.id)}/fill`;
      const values = this.#form.values();
      const answer = await ask(path, { values });
      const title = this.title.value.trim() || answer.title || this.#shape.name;
      this.filled({ ...answer, title, template: this.#shape.id, values });
      this.tell(answer);
    } catch (error) {
      this.#tell([error.message]);
    }
    this.fill.disabled = false;
  }

  // One's own template: made, changed, removed.
  #ownTemplate() {
    const part = folded("manage", "我的模板", false);
    const name = input("text", { maxLength: 100 });
    const text = area(8, { placeholder: "文书的文字，用 {{原告}} 这样的双花括号标出要填写的地方" });
    const save = element("div", "line");
    part.append(labelled("模板名称", name), labelled("模板内容", text), save);
    const attempt = (work) => async () => {
      try {
        const made = await work();
        await this.refresh();
        if (made) await this.choose(made.id);
      } catch (error) {
        this.#tell([error.message]);
      }
    };
    const body = () => ({ name: name.value.trim(), text: text.value });
    part.show = (shape) => {
      const own = shape?.origin === "own" ? shape : null;
      name.value = own?.name || "";
      text.value = own?.text || "";
      const add = button(
        "copy",
        "存为新模板",
        attempt(() => ask(TEMPLATES, body())),
      );
      save.replaceChildren(add);
      if (!own) return;
      const path = `${TEMPLATES}/${encodeURIComponent(own.id)}`;
      const headers = { "If-Match": `"${own.version}"` };
      const put = attempt(async () =>
        told(await request(path, { body: body(), headers, method: "PUT" })),
      );
      const remove = sureButton("删除模板", async () => {
        await request(path, { method: "DELETE" });
        this.template.value = "";
        await this.refresh();
      });
      save.prepend(button("copy", "保存修改", put));
      save.append(remove);
    };
    return part;
  }
}
