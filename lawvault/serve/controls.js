// Small parts of forms that several views use. Text only enters the page through textContent.
"use strict";

import { button, element } from "./card.js";
import { useKey } from "./service.js";

export const NOT_HERE = "此服务没有开启写作助手";
let names = 0;

// Return an id that nothing on the page has.
export function freshId(word) {
  names++;
  return `${word}-${names}`;
}

// Return a label with a control in it, one below the other.
export function labelled(text, control, className = "") {
  const node = element("label", `field ${className}`.trim());
  node.append(element("span", "name", text), control);
  return node;
}

export function input(type, options = {}) {
  return Object.assign(element("input"), { type }, options);
}

export function area(rows, options = {}) {
  return Object.assign(element("textarea", "area"), { rows }, options);
}

export function ticked(text, options = {}) {
  const node = element("label", "tick");
  const box = input("checkbox", options);
  node.append(box, element("span", "", text));
  return { node, box };
}

// Return a <select> of [value, text] pairs.
export function choice(pairs, options = {}) {
  const node = element("select");
  node.append(...pairs.map(([value, text]) => new Option(text, value)));
  return Object.assign(node, options);
}

// A button that does its work when it is pressed twice; a refusal is told in its place.
export function sureButton(label, work) {
  const press = button("copy", label, async () => {
    if (press.textContent === label) {
      press.textContent = `确定${label}？`;
      return;
    }
    press.disabled = true;
    try {
      await work();
      press.textContent = label;
    } catch (error) {
      press.textContent = error.message;
    }
    press.disabled = false;
  });
  return press;
}

// A field for the key where the service asks for one, before `place`; `again` is called with it.
export function askForKey(place, again) {
  document.getElementById("key")?.form.remove();
  const field = element("form", "key");
  const key = input("password", { id: "key", placeholder: "访问密钥", required: true });
  key.setAttribute("aria-label", "访问密钥");
  field.append(key, element("button", "", "使用"));
  field.addEventListener("submit", (event) => {
    event.preventDefault();
    useKey(key.value.trim());
    field.remove();
    again();
  });
  place.before(field);
}

// Show what was refused in `place`, with a way to try again; without an error, nothing.
export function tell(place, error, again) {
  place.replaceChildren();
  place.hidden = !error;
  if (!error) return;
  place.append(element("span", "", error.message));
  if (!again) return;
  if (error.status === 401) askForKey(place, again);
  place.append(button("retry", "重试", again));
}

export function saveFile(blob, name) {
  const link = element("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // once the browser has read it
}

export function moment(seconds) {
  const look = { dateStyle: "short", timeStyle: "short" };
  return new Date(seconds * 1000).toLocaleString("zh-CN", look);
}
