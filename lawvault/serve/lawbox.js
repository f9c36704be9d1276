// A field for the name of a law, or of an article of one, that suggests laws as one types.
"use strict";

import { lawAddress } from "./address.js";
import { element } from "./card.js";
import { input } from "./controls.js";
import { ask } from "./service.js";

const WAIT = 150; // milliseconds without a key pressed
const FEW = 10;
const NUMBER =
  /^(.+?)[》\s]*(?:第\s*([\d零〇一二三四五六七八九十百千]+)\s*条?(之[一二三四五六七八九十\d]+)?|(\d+(?:-\d+)?)\s*条?)$/;

// Return {law, article} of what is typed: 民法典585条, 《公司法》第二十条, 劳动合同法.
export function parsed(typed) {
  const text = typed.trim().replace(/^《/, "");
  const [, law, number, sub = "", digits] = NUMBER.exec(text) || [];
  if (!law) return { law: text.replace(/》$/, ""), article: "" };
  return { law: law.trim(), article: digits || `第${number}条${sub}` };
}

export class LawBox {
  #turn = 0;
  #timer = 0;
  #active = -1;

  // Fill `form`; `opened` gets the address that is chosen.
  constructor(form, opened) {
    this.opened = opened;
    this.field = input("search", {
      id: "law-name",
      placeholder: "法律名称或条文，如：劳动合同法，民法典585条",
      role: "combobox",
      ariaLabel: "打开法律",
      ariaAutoComplete: "list",
      ariaExpanded: "false",
      maxLength: 200,
    });
    this.field.setAttribute("aria-controls", "law-names");
    this.list = Object.assign(element("ul", "options"), { id: "law-names", role: "listbox" });
    this.list.ariaLabel = "可能的法律";
    this.list.hidden = true;
    const box = element("div", "box");
    const go = element("button", "primary", "打开");
    box.append(this.field, go);
    form.append(box, this.list);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = this.list.children[this.#active];
      const { law, article } = parsed(this.field.value);
      if (chosen) this.#choose(chosen);
      else if (law) this.#leave(lawAddress({ law, article }));
    });
    this.#listen(form);
  }

  #listen(form) {
    this.field.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#suggest(), WAIT);
    });
    this.field.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape" && !this.list.hidden) event.preventDefault();
      if (event.key === "Escape") this.#show([]);
      if (!step || this.list.hidden || event.isComposing) return;
      event.preventDefault();
      const number = this.list.children.length;
      this.#mark((this.#active + step + number + (this.#active < 0 && step < 0 ? 1 : 0)) % number);
    });
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // keep the focus
    this.list.addEventListener("click", ({ target }) => {
      const option = target.closest("[role=option]");
      if (option) this.#choose(option);
    });
    form.addEventListener("focusout", ({ relatedTarget }) => {
      if (!form.contains(relatedTarget)) this.#show([]);
    });
  }

  // Suggest laws whose names are like one that could not be opened.
  offer(name) {
    this.field.value = name;
    this.field.focus();
    this.#suggest();
  }

  async #suggest() {
    const turn = ++this.#turn;
    const { law } = parsed(this.field.value);
    if (!law) return this.#show([]);
    try {
      const { data } = await ask(`/v1/laws?${new URLSearchParams({ q: law, limit: FEW })}`);
      if (turn === this.#turn) this.#show(data);
    } catch (error) {
      console.warn(`没有名称建议：${error.message}`); // opening it will tell whoever reads
    }
  }

  #show(laws) {
    if (!laws.length) this.#turn++;
    const { article } = parsed(this.field.value);
    this.list.replaceChildren(...laws.map((law, number) => option(law, number, article)));
    this.list.hidden = !laws.length;
    this.field.ariaExpanded = String(Boolean(laws.length));
    this.#mark(-1);
  }

  #mark(at) {
    this.#active = at;
    this.field.removeAttribute("aria-activedescendant");
    [...this.list.children].forEach((one, number) => {
      one.ariaSelected = String(number === at);
      if (number !== at) return;
      this.field.setAttribute("aria-activedescendant", one.id);
      one.scrollIntoView({ block: "nearest" });
    });
  }

  #choose({ dataset }) {
    this.#leave(lawAddress({ law: dataset.law, article: parsed(this.field.value).article }));
  }

  #leave(address) {
    clearTimeout(this.#timer);
    this.#show([]);
    this.field.value = "";
    this.opened(address);
  }
}

function option(law, number, article) {
  const node = element("li");
  Object.assign(node, { id: `law-name-${number}`, role: "option" });
  node.dataset.law = law.short_name;
  const facts = [law.category, law.region === "全国" ? "" : law.region, law.validity.status];
  if (!law.has_text) facts.push("未收录文本");
  const name = element("span", "", law.short_name);
  const label = /^\d/.test(article) ? `${article}条` : article;
  if (article) name.append(element("span", "number", label));
  node.append(name);
  node.append(element("span", "place", facts.filter(Boolean).join(" · ")));
  return node;
}
