// Buttons on an article of law: into the material library, or among the favourites.
"use strict";

import { button, element } from "./card.js";
import { NOT_HERE } from "./controls.js";
import { ask, request } from "./service.js";

const MATERIALS = "/v1/materials";
export const FAVORITES = "/v1/favorites";

// Tell whoever shows the library that it has become another.
function changed(what) {
  document.dispatchEvent(new CustomEvent("lawvault:kept", { detail: what }));
}

// Add both buttons to the card of an article, and return it.
export function keepable(item, { article_id: id }) {
  if (!id) return item;
  const presses = element("span", "presses");
  presses.append(...item.querySelectorAll(".facts > .copy"), ...keepers(id));
  item.querySelector(".facts").append(presses);
  return item;
}

// Return both buttons of an article.
export function keepers(id) {
  const like = telling("收藏", async () => {
    const where = new URLSearchParams({ kind: "article", id });
    await request(`${FAVORITES}?${where}`, { method: "PUT" });
    changed("favorites");
    return "已收藏";
  });
  return [keeper("加入材料", { article_id: id }), like];
}

// Return a button that takes an item into the library: an article, a passage of one, a law.
export function keeper(label, item) {
  return telling(label, async () => {
    const answer = await ask(MATERIALS, { items: [item] });
    changed("materials");
    return answer.data[0].is_new ? "已加入材料" : "材料库中已有";
  });
}

// A button that says how its work went.
function telling(label, work) {
  const press = button("copy keep", label, async () => {
    press.disabled = true;
    try {
      press.textContent = await work();
    } catch (error) {
      press.disabled = false;
      press.textContent = error.status === 404 ? NOT_HERE : error.message;
    }
  });
  press.setAttribute("aria-live", "polite");
  return press;
}
