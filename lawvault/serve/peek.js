// What a reference leads to, shown while the pointer or the focus rests on it.
"use strict";

import { pathOf } from "./address.js";
import { element, shortName } from "./card.js";
import { ask } from "./service.js";

const WAIT = 250; // milliseconds that a pointer rests
const GAP = 6; // pixels

// Show it for links `.law-ref` inside `root`; `known` returns an article that is shown, or null.
export function peekAt(root, known) {
  const box = element("div", "law-peek");
  box.id = "law-peek";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  root.append(box);
  const read = new Map(); // address -> what it leads to
  let timer = 0;
  let turn = 0;

  const hide = () => {
    clearTimeout(timer);
    turn++;
    box.hidden = true;
    root.querySelector("[aria-describedby=law-peek]")?.removeAttribute("aria-describedby");
  };
  const show = async (link) => {
    const mine = ++turn;
    const where = new URLSearchParams(link.search);
    if (!where.get("article")) return;
    if (!read.has(link.search)) read.set(link.search, known(where) || (await told(where)));
    if (mine !== turn || !link.isConnected) return;
    const { title, content } = read.get(link.search);
    const words = content.split("\n").map((line) => element("p", "", line));
    box.replaceChildren(element("p", "name", title), ...words);
    box.hidden = false;
    link.setAttribute("aria-describedby", box.id);
    place(box, root, link.getBoundingClientRect());
  };
  const come = ({ target }) => {
    const link = target.closest?.(".law-ref");
    if (!link) return;
    clearTimeout(timer);
    timer = setTimeout(() => show(link), WAIT);
  };
  root.addEventListener("mouseover", come);
  root.addEventListener("focusin", come);
  root.addEventListener("mouseout", ({ target }) => target.closest?.(".law-ref") && hide());
  root.addEventListener("focusout", hide);
  root.addEventListener("click", hide);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
}

async function told(where) {
  try {
    const { law, article } = await ask(pathOf(where.get("law"), "articles", where.get("article")));
    const title = `《${shortName(law.law_name)}》${article.article_number} · ${law.status}`;
    return { title, content: article.content };
  } catch (error) {
    return { title: "未能读取", content: error.message };
  }
}

function place(box, root, link) {
  const within = root.getBoundingClientRect();
  const left = Math.min(link.left - within.left, within.width - box.offsetWidth);
  box.style.left = `${Math.max(0, left)}px`;
  const isBelow = link.bottom + box.offsetHeight + GAP < innerHeight;
  const top = isBelow ? link.bottom + GAP : link.top - box.offsetHeight - GAP;
  box.style.top = `${top - within.top}px`;
}
