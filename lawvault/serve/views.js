// The four views of the page, and which one its address names.
"use strict";

import { LawView } from "./law.js";
import { Recheck } from "./recheck.js";
import { Writer } from "./writer.js";

const VIEWS = {
  find: ["LawVault 法条检索", "用自己的话，找到管这件事的法条"],
  read: ["LawVault 法律", "读法律原文，看效力、版本和引用"],
  write: ["LawVault 写作", "选好材料，起草能签字的文书"],
  check: ["LawVault 复核", "文书里引的法条，现在还对不对"],
};
const LINKS = 'a[href^="/?view="], nav [data-to]';
const DRAFT_ID = /^[\w-]{1,64}$/;

const $ = (id) => document.getElementById(id);
let laws = null;
let writer = null;
let recheck = null;
let searched = null; // shows an entry of the history
let shown = ""; // the view
let left = null; // {address, scroll} of the law that was read before another view came

// Show the view that the address names; `searchedAgain` shows an entry of the history.
export function startViews(searchedAgain) {
  searched = searchedAgain;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(LINKS);
    const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || isElsewhere || event.button) return; // into another tab
    event.preventDefault();
    const isLaw = shown === "read" && new URLSearchParams(location.search).has("law");
    if (shown === "read") left = isLaw ? { address: location.href, scroll: scrollY } : null;
    goTo(link.href);
  });
  addEventListener("popstate", () => show(true));
  show(false);
}

// Show an address of the page; `isSame`: it is another name of what is shown.
export function goTo(address, isSame = false) {
  const isHere = new URL(address, location.href).href === location.href;
  if (isSame || isHere) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  show(false);
}

function show(isBack) {
  const given = new URLSearchParams(location.search);
  const name = given.get("view") in VIEWS ? given.get("view") : "find";
  const before = shown;
  shown = name;
  for (const view of Object.keys(VIEWS)) $(view).hidden = view !== name;
  for (const link of document.querySelectorAll("nav [data-to]")) {
    if (link.dataset.to === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  [document.title, $("headline").textContent] = VIEWS[name];
  document.body.dataset.view = name;
  if (name === "read") enterLaws(given, isBack, before !== "read");
  if (name === "write") enterWriter(given.get("draft") || "");
  if (name === "check")
    recheck ||= new Recheck($("check-form"), $("check-error"), $("check-result"));
}

// Show a law, or all of them; who comes from another view finds the law that was read.
function enterLaws(given, isBack, isComing) {
  const parts = {
    form: $("read-form"),
    error: $("read-error"),
    told: $("read-told"),
    shelves: $("read-shelves"),
    head: $("read-head"),
    side: $("read-side"),
    text: $("read-text"),
  };
  laws ||= new LawView(parts, {
    goTo,
    named: (title) => {
      document.title = title ? `${title} · LawVault` : VIEWS.read[0];
    },
  });
  if (given.get("law") || !isComing || isBack || !left) return laws.enter(given, isBack);
  history.replaceState(null, "", left.address);
  laws.enter(new URLSearchParams(location.search), true);
  scrollTo(0, left.scroll);
}

function enterWriter(draftId) {
  const desk = document.querySelector("#write .desk");
  const parts = {
    library: $("library-body"),
    compose: $("compose"),
    form: $("compose-form"),
    draft: $("draft"),
    error: $("write-error"),
    desk,
  };
  writer ||= new Writer(parts, {
    named: nameDraft,
    searched: (entry) => {
      goTo("/");
      searched(entry);
    },
  });
  writer.enter(DRAFT_ID.test(draftId) ? draftId : "");
}

function nameDraft(id) {
  const address = new URL("/?view=write", location.href);
  if (id) address.searchParams.set("draft", id);
  history.replaceState(null, "", address);
}
