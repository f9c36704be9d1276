// The form of a template: fields from its description, values out of them, words of the service
// at the field they concern. What is not told is left out; the service says what it lacks.
"use strict";

import { button, element } from "./card.js";
import { area, choice, freshId, input, labelled, ticked } from "./controls.js";

const YES_NO = [
  ["", "未填"],
  ["yes", "是"],
  ["no", "否"],
];
const KINDS = {
  text: (field) => plain(input("text", { maxLength: field.max_chars })),
  long_text: (field) => plain(area(4, { maxLength: field.max_chars })),
  date: () => plain(input("date")),
  money: () => plain(input("text", { inputMode: "decimal" })),
  integer: () => plain(input("text", { inputMode: "numeric" })),
  list: () => plain(area(3, { placeholder: "每行一条" })),
  yes_no: () => plain(choice(YES_NO)),
  choice: (field) => (field.many ? manyOf(field) : oneOf(field)),
  person: (field) => rows(field, person),
  evidence: (field) => rows({ ...field, many: true }, evidence),
};

// A control with what it holds: `value()` is "" , [] or {} where nothing is told.
function plain(control) {
  return { node: control, control, value: () => control.value.trim() };
}

function oneOf({ options }) {
  return plain(choice([["", "未选"], ...options.map((one) => [one.value, one.label])]));
}

function manyOf({ options }) {
  const node = element("div", "ticks");
  const boxes = options.map((one) => {
    const tick = ticked(one.label, { value: one.value });
    node.append(tick.node);
    return tick.box;
  });
  const value = () => boxes.filter((box) => box.checked).map((box) => box.value);
  return { node, control: boxes[0], value, isGroup: true };
}

// One person or piece of evidence, or as many as are needed.
function rows(field, make) {
  const node = element("div", "rows");
  const list = new Set();
  const add = () => {
    const row = make(field);
    const box = element("div", "row");
    box.append(row.node);
    if (field.many && (list.size || !field.required)) {
      box.append(
        button("copy", "移除", () => {
          list.delete(row);
          box.remove();
          more.hidden = false;
        }),
      );
    }
    list.add(row);
    more.before(box);
    more.hidden = list.size >= field.max_items;
    return row;
  };
  const more = button("copy more", `添加一${field.type === "person" ? "位" : "项"}`, () => {
    add().control.focus();
  });
  node.append(more);
  let control = more;
  if (field.required || !field.many) control = add().control;
  if (!field.many) more.remove();
  const value = () => {
    const told = [...list].map((row) => row.value()).filter(Boolean);
    return field.many ? told : told[0] || "";
  };
  return { node, control, value, isGroup: true };
}

function person({ kinds, label }) {
  const node = element("div", "parts");
  const kind = choice(kinds.map((one) => [one.value, one.label]));
  kind.setAttribute("aria-label", `${label}：类型`);
  const parts = element("div", "parts");
  let held = {};
  const told = () =>
    Object.fromEntries(Object.entries(held).map(([id, one]) => [id, one.value.trim()]));
  const show = () => {
    const before = told();
    const shape = kinds.find((one) => one.value === kind.value);
    held = Object.fromEntries(
      shape.parts.map(({ id }) => [id, input("text", { value: before[id] || "" })]),
    );
    parts.replaceChildren(...shape.parts.map((one) => labelled(named(one), held[one.id])));
  };
  kind.addEventListener("change", show);
  show();
  node.append(kind, parts);
  const value = () => {
    const filled = Object.entries(told()).filter(([, text]) => text);
    return filled.length ? { kind: kind.value, ...Object.fromEntries(filled) } : null;
  };
  return { node, control: kind, value };
}

function evidence({ parts }) {
  const held = parts.map((one) => [one.id, input("text"), one.label]);
  const node = element("div", "parts");
  node.append(...held.map(([, control, label]) => labelled(label, control)));
  const value = () => {
    const told = held.map(([id, control]) => [id, control.value.trim()]).filter(([, text]) => text);
    return told.length ? Object.fromEntries(told) : null;
  };
  return { node, control: held[0][1], value };
}

function named({ label, required }) {
  return required ? `${label}（必填）` : label;
}

function exampleOf({ example }) {
  if (example == null || example === "") return "";
  const wordsOf = ({ kind, ...parts }) => Object.values(parts).join("，");
  const texts = [example].flat().map((one) => (typeof one === "object" ? wordsOf(one) : one));
  return `例：${texts.join("；")}`;
}

export class Form {
  #fields = new Map(); // by the id of a slot or section

  // Fill `root` with the fields of `description`, as `/v1/templates/{id}` tells them.
  constructor(root, description) {
    root.replaceChildren();
    for (const { label, fields } of description.groups) {
      const group = element("fieldset", "group-of-fields");
      group.append(element("legend", "", label), ...fields.map((field) => this.#add(field)));
      root.append(group);
    }
    if (description.sections.length) root.append(this.#sections(description.sections));
    root.addEventListener("input", () => this.#showAsked());
    root.addEventListener("change", () => this.#showAsked());
    this.#showAsked();
  }

  // Return what was told, by slot or section.
  values() {
    const told = {};
    for (const [id, field] of this.#fields) {
      const value = field.node.hidden ? "" : field.value();
      if (value !== "" && !(Array.isArray(value) && !value.length)) told[id] = value;
    }
    return told;
  }

  // Show what the service says of values at their fields; return what belongs to no field.
  tell({ problems = [], missing = [] }) {
    for (const field of this.#fields.values()) this.#say(field, "");
    for (const slot of new Set(missing.map((one) => one.slot))) {
      const field = this.#fields.get(slot);
      const parts = missing.filter((one) => one.slot === slot && one.part);
      const names = parts.map((one) => one.label.replace(`${field?.label}·`, ""));
      if (field) this.#say(field, `未填，文稿中留空${names.length ? `：${names.join("、")}` : ""}`);
    }
    const others = [];
    for (const { slot, label, message } of problems) {
      const field = this.#fields.get(slot);
      if (field) this.#say(field, message, true);
      else others.push(`${label}：${message}`);
    }
    return others;
  }

  // Put the cursor into the first field that something is wrong with.
  focusFirst() {
    [...this.#fields.values()].find((field) => field.isWrong)?.control.focus();
  }

  #sections(sections) {
    const part = element("details", "group-of-fields");
    part.append(
      element("summary", "", `自己写的段落（${sections.length} 段，不写则由大模型起草）`),
    );
    part.append(...sections.map((section) => this.#add(section)));
    return part;
  }

  #add(field) {
    const made = KINDS[field.type](field);
    const node = element(made.isGroup ? "fieldset" : "div", "field");
    const name = element(made.isGroup ? "legend" : "label", "name", named(field));
    const helpId = freshId("help");
    const help = element("p", "help", [field.help, exampleOf(field)].filter(Boolean).join(" "));
    const said = element("p", "said");
    Object.assign(help, { id: helpId });
    said.id = freshId("said");
    if (!made.isGroup) {
      made.control.id = freshId("slot");
      name.htmlFor = made.control.id;
      made.control.setAttribute("aria-describedby", `${helpId} ${said.id}`);
      if (field.required) made.control.setAttribute("aria-required", "true");
    }
    node.dataset.slot = field.id;
    node.append(name, made.node, help, said);
    this.#fields.set(field.id, { ...made, node, said, label: field.label, when: field.when });
    return node;
  }

  #say(field, message, isWrong = false) {
    field.isWrong = isWrong;
    field.said.textContent = message;
    field.node.classList.toggle("invalid", isWrong);
    field.control.setAttribute("aria-invalid", String(isWrong));
  }

  #showAsked() {
    for (const field of this.#fields.values()) {
      if (field.when) field.node.hidden = !this.#holds(field.when);
    }
  }

  #holds({ slot, value }) {
    const asked = this.#fields.get(slot);
    return !asked.node.hidden && [asked.value()].flat().includes(value);
  }
}
