// The three views of the page, and which one its address names.
"use strict";

import { Recheck } from "./recheck.js";
import { Writer } from "./writer.js";

const VIEWS = {
  find: ["LawVault 法条检索", "用自己的话，找到管这件事的法条"],
  write: ["LawVault 写作", "选好材料，起草能签字的文书"],
  check: ["LawVault 复核", "文书里引的法条，现在还对不对"],
};
const DRAFT_ID = /^[\w-]{1,64}$/;

const $ = (id) => document.getElementById(id);
let writer = null;
let recheck = null;

// Show the view that the address names; `searched` shows an entry of the history.
export function startViews(searched) {
  for (const link of document.querySelectorAll("nav [data-to]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // into another tab
      event.preventDefault();
      history.pushState(null, "", link.href);
      show(searched);
    });
  }
  addEventListener("popstate", () => show(searched));
  show(searched);
}

function show(searched) {
  const given = new URLSearchParams(location.search);
  const name = given.get("view") in VIEWS ? given.get("view") : "find";
  for (const view of Object.keys(VIEWS)) $(view).hidden = view !== name;
  for (const link of document.querySelectorAll("nav [data-to]")) {
    if (link.dataset.to === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  [document.title, $("headline").textContent] = VIEWS[name];
  document.body.dataset.view = name;
  if (name === "write") enterWriter(given.get("draft") || "", searched);
  if (name === "check")
    recheck ||= new Recheck($("check-form"), $("check-error"), $("check-result"));
}

function enterWriter(draftId, searched) {
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
      history.pushState(null, "", "/");
      show(searched);
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
