// What one run of the search agent shows: its plan, its steps, its report and its evidence.
"use strict";

import { button, copyButton, element, folded, shortName } from "./card.js";
import { Evidence, howFound } from "./evidence.js";
import { plainText, rendered } from "./markdown.js";

const STOPS = {
  all_sufficient: "各子问题的依据均已充分",
  no_new_evidence: "继续检索没有新的发现",
  repeated_queries: "没有新的检索方向",
  max_rounds: "已达检索轮数上限",
  max_llm_calls: "已达大模型调用次数上限",
  max_tokens: "已达大模型用量上限",
  deadline: "已达时间上限",
  cancelled: "已手动停止，找到的法条保留在下",
  llm_error: "大模型不可用",
  search_unavailable: "检索服务不可用，这不表示没有相关法条",
  no_llm: "没有配置大模型，仅列出检索到的法条",
  interrupted: "服务中断，找到的法条保留在下",
  internal_error: "服务内部错误，找到的法条保留在下",
};
const ENDS = { "run.completed": "已完成", "run.stopped": "已停止", "run.failed": "未能完成" };
const LISTING = /^# 检索到的法条$/m; // where a report goes on with what the cards below show

export class RunView {
  #question;
  #law; // Evidence: what was found, by sub-question
  #text = "";
  #flagged = 0;
  #verified = 0;
  #unused = 0; // claims that do not hold: no sentence of the report stands on them
  #searches = 0;
  #round = 0;
  #stage = 0;
  #hasLlm = true;
  #clock = { at: 0, base: 0, first: 0, timer: 0 };

  // Show a run inside `root`; `stopped` is called when its reader has enough.
  constructor(root, question, stopped) {
    this.#question = question;
    this.now = element("p", "now", "正在准备…");
    this.now.setAttribute("role", "status");
    this.now.setAttribute("aria-live", "polite");
    this.time = element("span", "time");
    this.stop = button("stop", "停止", () => {
      this.stop.disabled = true;
      this.stop.textContent = "正在停止…";
      stopped();
    });
    this.stages = element("ol", "stages");
    this.facts = element("p", "place");
    this.notes = element("ul", "notes");
    this.plan = element("section", "panel");
    this.steps = folded("panel steps", "检索过程", true);
    this.report = element("section", "panel report");
    this.checks = folded("panel checks", "核对明细", false);
    this.evidence = element("section", "evidence");
    this.#law = new Evidence(this.evidence, question);
    const head = element("div", "panel head");
    const line = element("div", "line");
    line.append(this.now, this.time, this.stop);
    head.append(line, this.stages, this.facts);
    const later = [this.plan, this.steps, this.report, this.checks, this.evidence, this.notes];
    for (const part of later) part.hidden = true;
    root.replaceChildren(head, this.notes, this.plan, this.steps, this.report, this.checks);
    root.append(this.evidence);
    this.#showStages(0);
    this.#run();
  }

  // Show one event.
  take(kind, data, time) {
    this.#tick(time);
    if (kind in ENDS) this.#ended(kind, data);
    const reader = {
      "run.started": () => this.#started(data),
      plan: () => this.#planned(data),
      "search.started": () => this.#searching(data),
      "search.hit": () => this.#found(data),
      "reference.followed": () => this.#found(data),
      judge: () => this.#judged(data.judgement),
      "round.completed": () => this.#rounded(data),
      "report.delta": () => this.#written(data),
      "claim.verified": () => this.#checked(data.checked),
      warning: () => this.#noted(data, "warning"),
      degraded: () => this.#noted(data, "degraded"),
    }[kind];
    reader?.();
  }

  outdated() {
    this.#noted({ message: "库中的法律在这次检索之后有更新，请重新检索" }, "warning");
  }

  waiting() {
    this.now.textContent = "连接中断，正在恢复…";
  }

  stopFailed(message) {
    this.stop.disabled = false;
    this.stop.textContent = "停止";
    this.#noted({ message: `未能停止：${message}` }, "degraded");
  }

  // The run goes on or not, but nobody is told any more.
  close() {
    clearInterval(this.#clock.timer);
    this.stop.hidden = true;
    this.now.classList.remove("busy");
  }

  #run() {
    this.now.classList.add("busy");
    this.#clock.at = performance.now();
    this.#clock.timer = setInterval(() => this.#showTime(), 1000);
  }

  #tick(time) {
    this.#clock.first ||= time;
    this.#clock.base = time - this.#clock.first;
    this.#clock.at = performance.now();
  }

  #showTime() {
    const passed = this.#clock.base + (performance.now() - this.#clock.at) / 1000;
    this.time.textContent = `${Math.round(passed)} 秒`;
  }

  // Show that the run is at a stage; `isOver`: it ended there.
  #showStages(at, isOver = false) {
    this.#stage = at;
    const ways = this.#hasLlm ? ["检索与判断", "撰写与核对"] : ["检索", "列出法条"];
    const items = ["拆解问题", ...ways].map((name, number) => {
      const isNow = number === at && !isOver;
      const item = element("li", number < at ? "done" : isNow ? "current" : "", name);
      if (isNow) item.setAttribute("aria-current", "step");
      return item;
    });
    this.stages.replaceChildren(...items);
  }

  #step(text, className = "") {
    this.steps.hidden = false;
    this.steps.append(element("p", className, text));
    const rounds = this.#round ? `${this.#round} 轮，` : "";
    const done = `检索过程：${rounds}${this.#searches} 次检索，找到 ${this.#law.size} 条法条`;
    this.steps.firstChild.textContent = done;
  }

  #started(data) {
    const { asked, has_llm: hasLlm } = data;
    this.#question = asked.text;
    this.#hasLlm = hasLlm;
    this.#showStages(0);
    this.now.textContent = "正在拆解问题";
    const region = asked.regions?.length ? `；地域：${asked.regions.join("、")}` : "";
    const corpus = data.corpus ? `；法律数据截至 ${data.corpus.as_of}` : "";
    this.facts.textContent = `时效以 ${asked.as_of} 为准${region}${corpus}`;
    if (!hasLlm) {
      const message = "没有配置大模型：按规则拆解问题并列出检索到的法条，不作判断，也不撰写报告";
      this.#noted({ message }, "degraded");
    }
  }

  #planned(data) {
    this.#showStages(1);
    this.now.textContent = "正在检索";
    this.plan.hidden = false;
    const list = element("ol");
    for (const one of data.questions) list.append(this.#law.plan(one).item);
    const title = data.by === "llm" ? "拆解出的问题" : "要查的问题";
    this.plan.replaceChildren(element("h2", "", title), list);
  }

  #searching(data) {
    if (data.round !== this.#round) {
      this.#round = data.round;
      this.#step(`第 ${data.round} 轮`, "round");
    }
    this.#searches++;
    const kind = { citation: "查引用", words: "按关键词" }[data.by] || "检索";
    const laws = data.laws?.length ? `（限《${data.laws.map(shortName).join("》《")}》）` : "";
    this.#step(`${kind}：${data.query}${laws}`);
    this.now.textContent = `第 ${data.round} 轮：正在检索`;
  }

  #found({ id, trace, article }) {
    const citation = this.#law.add(id, trace, article);
    this.evidence.hidden = false;
    if (article && trace.how === "reference") this.#step(`${howFound(trace)} ${citation}`);
    this.now.textContent = `第 ${trace.round} 轮：已找到 ${this.#law.size} 条法条`;
  }

  #judged(judgement) {
    const { text, chip } = this.#law.judge(judgement);
    this.#step(`判断：${text}——${chip.textContent}`);
  }

  #rounded(data) {
    this.#step(`第 ${data.round} 轮结束：新增 ${data.new} 条，共 ${data.evidence} 条法条`, "done");
    const left = this.#hasLlm && data.open.length ? `，${data.open.length} 个问题依据未足` : "";
    this.now.textContent = `第 ${data.round} 轮结束：共 ${data.evidence} 条法条${left}`;
  }

  #written(data) {
    this.#showStages(2);
    this.#text = data.replaces ? data.text : this.#text + data.text;
    this.report.hidden = !this.#text;
    const title = element("div", "line");
    title.append(element("h2", "", "报告"));
    const body = element("div", "prose");
    if (data.draft) {
      this.now.textContent = "正在撰写报告";
      title.append(element("span", "chip", "撰写中，尚未核对"));
      body.append(rendered(this.#text));
    } else {
      title.append(this.#counts(), copyButton("复制报告", () => this.#asText()));
      body.append(...this.#final());
    }
    this.report.replaceChildren(title, body);
  }

  // The report, with the listing of what the cards show folded away.
  #final() {
    const at = this.#text.search(LISTING);
    if (at < 0) return [rendered(this.#text)];
    const listing = folded("listing", "程序列出的法条清单", false);
    listing.append(rendered(this.#text.slice(at)));
    return [rendered(this.#text.slice(0, at)), listing];
  }

  #counts() {
    const node = element("span", "counts");
    if (this.#verified) node.append(element("span", "chip good", `已核实 ${this.#verified} 处`));
    if (this.#flagged) node.append(element("span", "chip poor", `标出问题 ${this.#flagged} 处`));
    return node;
  }

  #asText() {
    const checked = `核对：${this.#said()}。`;
    const head = `问题：${this.#question}\n${this.facts.textContent}\n`;
    return `${head}\n${plainText(this.#text)}\n\n${checked}本报告不构成法律意见。\n`;
  }

  #checked(one) {
    this.#showStages(2);
    this.now.textContent = "正在撰写与核对";
    const holds = one.verdict === "verified";
    if (holds) this.#verified++;
    else if (one.of === "claim") this.#unused++;
    else if (one.reason) this.#flagged++;
    if (one.of !== "claim" && !one.reason) return this.#countChecks();
    const item = element("div", "check");
    const word = holds ? "已核实" : one.reason || "未能核实";
    item.append(element("span", holds ? "chip good" : "chip poor", word));
    item.append(element("span", "said", one.text));
    if (one.quote) item.append(element("q", "", one.quote));
    for (const id of one.evidence) item.append(this.#law.source(id));
    if (one.of === "claim" && !holds) item.append(element("span", "place", "未采用"));
    this.checks.append(item);
    this.#countChecks();
  }

  #countChecks() {
    this.checks.hidden = false;
    this.checks.firstChild.textContent = `核对明细：${this.#said()}`;
  }

  #said() {
    const unused = this.#unused ? `，${this.#unused} 条论点未采用` : "";
    return `已核实 ${this.#verified} 处，标出问题 ${this.#flagged} 处${unused}`;
  }

  #noted({ message }, kind) {
    this.notes.hidden = false;
    this.notes.append(element("li", kind, message));
  }

  #ended(kind, data) {
    this.#showTime();
    this.close();
    this.steps.open = false;
    this.#showStages(kind === "run.completed" ? 3 : this.#stage, true);
    const why = STOPS[data.stop_reason] || data.stop_reason;
    this.now.textContent = `${ENDS[kind]}：${why}`;
    this.now.classList.toggle("failed", kind === "run.failed");
    if (data.usage?.seconds) this.time.textContent = `用时 ${Math.round(data.usage.seconds)} 秒`;
    if (data.report?.abstained) this.#noted({ message: "依据不足，报告不下结论" }, "warning");
    if (kind !== "run.completed" && this.#text && !data.report) this.#keepDraft();
    this.#law.settle(this.#hasLlm);
    if (!this.#law.size) this.#noted({ message: "没有找到法条" }, "warning");
  }

  // What was written until the run was stopped has not been checked.
  #keepDraft() {
    this.report.querySelector(".chip")?.replaceChildren("未写完，未经核对");
  }
}
