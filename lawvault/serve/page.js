// The page: one question in, whole articles out, or a report on them.
// Text from the service is data: it only ever enters the page through textContent.
"use strict";

import { RUN_ID, Run } from "./agent.js";
import { button, card, element, folded, pairsOf, shortName } from "./card.js";
import { askForKey } from "./controls.js";
import { Exports } from "./exports.js";
import { keepable } from "./keep.js";
import { listPast } from "./past.js";
import { hasWriter, note } from "./record.js";
import { RunView } from "./runview.js";
import { ask } from "./service.js";
import { pastWork } from "./shelf.js";
import { goTo, startViews } from "./views.js";

const EXAMPLES = [
  "老板一直拖欠工资，我自己辞职走人，能要补偿吗",
  "离婚 孩子归谁",
  "网上买到假货，商家该怎么赔",
  "邻居家的狗把我咬了，医药费谁出",
  "骑电动车被小汽车撞伤，保险公司赔哪些",
];
const NOTES = {
  query_cut: "问题太长，结尾部分没有参与检索",
  no_match_for_filter: "没有符合筛选条件的法条",
  no_match: "没有找到含这些词的法条",
  not_resolved: "问题中的引用没有全部找到",
  as_of_incomplete: "部分法律在该日的文本不在库中",
  unknown_filter_value: "有的筛选值在库中没有",
};

const NATIONAL = ["全国", ""];
const MEANT = 12; // words of statutes that are shown

const $ = (id) => document.getElementById(id);
let running = null; // AbortController of the search in the air
let deep = null; // the Run that is shown

// A hit that was named by its number, or found by words only, has no cosine to show.
function closeness(hit, isExact) {
  const { vector: cosine, keyword, late } = hit.scores || {};
  const isNamed = hit.score === 1 && typeof cosine !== "number" && typeof keyword !== "number";
  if (isExact || isNamed) return "按法律名称和条文号找到";
  const near = typeof cosine === "number" ? `相近度 ${cosine.toFixed(3)}` : `得分 ${hit.score.toFixed(3)}`;
  return typeof late === "number" ? `${near}，逐词比对 ${late.toFixed(3)}` : near;
}

function showBones() {
  const bones = Array.from({ length: 3 }, () => element("li", "bone"));
  $("hits").replaceChildren(...bones);
  $("hits").setAttribute("aria-busy", "true");
  $("examples").hidden = true;
  $("status").textContent = "检索中…";
  $("error").hidden = $("doubt").hidden = $("meant").hidden = true;
}

function showError(message, again, label = "重试") {
  const parts = [element("span", "", message)];
  if (again) parts.push(button("", label, again));
  $("error").replaceChildren(...parts);
  $("error").hidden = false;
  $("hits").replaceChildren();
  $("status").textContent = "";
}

function showKeyField(again) {
  askForKey($("error"), () => {
    fillFilters().catch(() => {});
    again();
  });
}

function showAnswer(answer, query) {
  const isExact = answer.mode === "exact"; // found by its number: no word of the question to mark
  const words = isExact ? new Set() : new Set([...pairsOf(query), ...answer.statute_words]);
  const notes = answer.degraded.map((word) => NOTES[word] || word);
  notes.push(...(answer.notes || []).map((note) => note.reason));
  const count = `${answer.hits.length} 条法条，用时 ${Math.round(answer.milliseconds)} 毫秒`;
  $("status").textContent = [count, ...notes].join("；");
  $("doubt").hidden = !answer.no_confident_match || !answer.hits.length;
  $("meant").hidden = !answer.statute_words.length;
  $("meant").textContent = `法律中的说法：${answer.statute_words.slice(0, MEANT).join("、")}`;
  const cards = answer.hits.map((hit) => keepable(card(hit, words, closeness(hit, isExact)), hit));
  $("hits").replaceChildren(...cards);
}

// Which law counts: that of a day, and of a place beside that of the whole country.
function scope() {
  const chosen = {};
  if ($("day").value) chosen.as_of = $("day").value;
  if ($("region").value) chosen.region = [$("region").value];
  return chosen;
}

function filters() {
  const chosen = { ...scope() };
  if (chosen.region) chosen.region.push(...NATIONAL);
  if ($("category").value) chosen.category = [$("category").value];
  if ($("law").value.trim()) chosen.law_name = [$("law").value.trim()];
  return chosen;
}

// Return the question, none if there is none to answer; what was on its way before ends.
function begin() {
  $("away").replaceChildren();
  const query = $("query").value.trim();
  if (!query) {
    $("query").focus();
    return "";
  }
  running?.abort();
  running = null;
  $("go").disabled = false;
  leave(deep);
  deep = null;
  $("run").hidden = true;
  return query;
}

// A run that nobody looks at any more is stopped.
function leave(run) {
  if (!run) return;
  run.leave();
  run.stop().catch(() => {}); // it ends by its own limits, too
}

function name(query, runId) {
  const address = new URL(location.href);
  address.searchParams.set("q", query);
  if (runId) address.searchParams.set("run", runId);
  else address.searchParams.delete("run");
  address.hash = "";
  history.replaceState(null, "", address);
}

async function search() {
  const query = begin();
  if (!query) return;
  const mine = (running = new AbortController());
  name(query);
  $("go").disabled = true;
  showBones();
  try {
    const body = { query, k: 10, filters: filters() };
    showAnswer(await ask("/v1/search", body, mine.signal), query);
    note("search", query);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error.status === 401) showKeyField(search);
    showError(error.message, search);
  } finally {
    if (running === mine) {
      $("go").disabled = false;
      $("hits").removeAttribute("aria-busy");
    }
  }
}

// Have the agent answer, or show again the run of that id.
function research(runId) {
  const query = begin();
  if (!query) return;
  const isNarrowed = $("category").value || $("law").value.trim();
  $("hits").replaceChildren();
  $("error").hidden = $("doubt").hidden = $("meant").hidden = true;
  $("examples").hidden = true;
  $("status").textContent = isNarrowed ? "深度检索不受类别和法律筛选的限制" : "";
  $("run").hidden = false;
  const view = new RunView($("run"), query, () => {
    run.stop().catch((error) => view.stopFailed(error.message));
  });
  const run = (deep = new Run(view, (id) => {
    name(query, id);
    note("ask", query, id);
  }));
  if (runId) hear(run, view, run.follow(runId));
  else {
    name(query);
    hear(run, view, run.start(query, scope()));
  }
}

// Show a run of the list with what it was asked.
function reopen({ id, question, request }) {
  $("past").open = false;
  $("query").value = question;
  $("day").value = request.as_of || "";
  $("region").value = request.region?.[0] || "";
  grow();
  research(id);
}

// What was searched, asked and drafted, where the service keeps that.
function listAsked() {
  if (!hasWriter()) return;
  const opened = (entry) => {
    if (entry.kind !== "draft") return again(entry);
    goTo(`/?${new URLSearchParams({ view: "write", draft: entry.ref_id })}`);
  };
  $("asked").append(pastWork(opened));
}

// Show what was asked or searched before.
function again({ text, ref_id: runId }) {
  $("query").value = text;
  grow();
  if (RUN_ID.test(runId)) research(runId);
  else search();
}

async function hear(run, view, hearing) {
  try {
    await hearing;
    if (run === deep && run.isOver && !view.report.hidden) {
      const away = folded("panel exports", "导出报告", false);
      new Exports(away, () => ({ run: run.id }));
      $("away").replaceChildren(away);
    }
  } catch (error) {
    if (run !== deep) return;
    view.close();
    tellRunError(error, run.id);
  }
}

function tellRunError(error, runId) {
  const again = () => research(runId);
  if (!runId) $("run").hidden = true;
  if (error.status === 401) showKeyField(again);
  if (error.status === 404 && !runId) {
    $("deep").hidden = true;
    showError("此服务没有开启深度检索，可以使用普通检索", search, "普通检索");
  } else if (error.status === 404) {
    $("run").hidden = true;
    showError("没有找到这次深度检索的记录，可以重新检索", () => research(), "重新检索");
  } else {
    showError(error.message, again, runId ? "继续接收" : "重试");
  }
}

async function fillFilters() {
  const { data } = await ask("/v1/laws");
  const categories = [...new Set(data.map((law) => law.category))].sort();
  for (const name of categories) $("category").append(new Option(name, name));
  for (const name of new Set(data.map((law) => shortName(law.law_name)))) {
    $("laws").append(new Option(name, name));
  }
  const regions = [...new Set(data.map((law) => law.region))].filter((name) => !NATIONAL.includes(name));
  for (const name of regions.sort()) $("region").append(new Option(name, name));
  $("region").closest("label").hidden = !regions.length;
  const articles = data.reduce((sum, law) => sum + law.articles, 0);
  $("corpus").textContent = `收录 ${data.length} 部法律，${articles} 条`;
}

function grow() {
  $("query").style.height = "auto";
  $("query").style.height = `${$("query").scrollHeight}px`;
}

function listen() {
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  $("deep").addEventListener("click", () => research());
  $("query").addEventListener("input", grow);
  $("query").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return; // an IME's Enter
    event.preventDefault();
    search();
  });
  for (const id of ["category", "law", "region", "day"]) {
    $(id).addEventListener("change", () => !deep && $("query").value.trim() && search());
  }
}

function start() {
  for (const question of EXAMPLES) {
    const example = button("", question, () => {
      $("query").value = question;
      grow();
      search();
    });
    $("examples").append(example);
  }
  listen();
  listPast($("past"), reopen);
  listAsked();
  startViews(again);
  fillFilters().catch(() => {}); // without them the page still searches all law
  const given = new URLSearchParams(location.search);
  if (!given.get("q")) return;
  $("query").value = given.get("q");
  grow();
  const runId = given.get("run") || "";
  if (RUN_ID.test(runId)) research(runId);
  else search();
}

start();
