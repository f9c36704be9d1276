// The search page: one question in, whole articles out.
// Text from the service is data: it only ever enters the page through textContent.
"use strict";

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
};
// Characters that tie words together; two that contain one of them are no word worth marking.
const GLUE = new Set("的了着过我你他她它们吗呢吧啊呀能会要想是在有没不和与及或就都也还又被把给让对从到怎么样什谁哪几多少可以应该自己一个这那之其所");

const $ = (id) => document.getElementById(id);
const KEY = "lawvault-key"; // of this tab only: gone when it closes
let running = null; // AbortController of the search in the air

// A hit that was named by its number, or found by words only, has no cosine to show.
function closeness(hit, isExact) {
  if (isExact) return "按法律名称和条文号找到";
  const cosine = hit.scores && hit.scores.vector;
  return typeof cosine === "number" ? `相近度 ${cosine.toFixed(3)}` : `得分 ${hit.score.toFixed(3)}`;
}

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

function shortName(law) {
  const rest = law.replace(/^中华人民共和国/, "");
  return rest.length > 1 ? rest : law;
}

// The pairs of neighbouring characters in a question that say what it is about.
function pairsOf(query) {
  const pairs = new Set();
  for (const run of query.split(/[^\p{L}\p{N}]+/u)) {
    for (let i = 0; i + 1 < run.length; i++) {
      if (!GLUE.has(run[i]) && !GLUE.has(run[i + 1])) pairs.add(run.slice(i, i + 2));
    }
  }
  return pairs;
}

// Append `text` to `parent`, with <mark> around whatever the question says, too.
function appendMarked(parent, text, pairs) {
  const hot = new Array(text.length).fill(false);
  for (let i = 0; i + 1 < text.length; i++) {
    if (pairs.has(text.slice(i, i + 2))) hot[i] = hot[i + 1] = true;
  }
  for (let begin = 0; begin < text.length; ) {
    let end = begin + 1;
    while (end < text.length && hot[end] === hot[begin]) end++;
    const piece = text.slice(begin, end);
    parent.append(hot[begin] ? element("mark", "", piece) : document.createTextNode(piece));
    begin = end;
  }
}

function citation(hit) {
  return `《${hit.law_name}》${hit.article_number}：\n${hit.content}`;
}

function copyButton(hit) {
  const button = element("button", "copy", "复制引用");
  button.type = "button";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(citation(hit));
      button.textContent = "已复制";
    } catch {
      button.textContent = "浏览器不允许复制";
    }
    setTimeout(() => (button.textContent = "复制引用"), 1600);
  });
  return button;
}

function card(hit, pairs, isExact) {
  const item = element("li");
  const top = element("div", "top");
  const title = element("h2");
  title.title = hit.law_name;
  title.append(`《${shortName(hit.law_name)}》`, element("span", "number", hit.article_number));
  const valid = hit.status === "现行有效" ? "badge valid" : "badge";
  top.append(element("span", "rank", String(hit.rank)), title, element("span", valid, hit.status));

  const place = [hit.part, hit.chapter, hit.section].filter(Boolean).join(" › ");
  const text = element("div", "text");
  for (const paragraph of hit.content.split("\n")) {
    const line = element("p");
    appendMarked(line, paragraph, pairs);
    text.append(line);
  }
  item.append(top);
  if (place) item.append(element("p", "place", place));
  item.append(text, facts(hit, isExact));
  return item;
}

function facts(hit, isExact) {
  const row = element("div", "facts");
  const dates = [
    ["公布", hit.publish_date],
    ["施行", hit.effective_date],
    ["本版", hit.version_date],
  ];
  row.append(element("span", "", closeness(hit, isExact)));
  row.append(element("span", "", [hit.category, hit.region].filter(Boolean).join(" · ")));
  for (const [name, date] of dates) {
    if (date) row.append(element("span", "", `${name} ${date}`));
  }
  row.append(copyButton(hit));
  return row;
}

function showBones() {
  const bones = Array.from({ length: 3 }, () => element("li", "bone"));
  $("hits").replaceChildren(...bones);
  $("hits").setAttribute("aria-busy", "true");
  $("examples").hidden = true;
  $("status").textContent = "检索中…";
  $("error").hidden = $("doubt").hidden = true;
}

function showError(message) {
  const again = element("button", "", "重试");
  again.type = "button";
  again.addEventListener("click", search);
  $("error").replaceChildren(element("span", "", message), again);
  $("error").hidden = false;
  $("hits").replaceChildren();
  $("status").textContent = "";
}

// Where the service asks for a key: a field for it, above the complaint.
function showKeyField() {
  if ($("key")) return;
  const field = element("form", "key");
  const input = element("input");
  Object.assign(input, { id: "key", type: "password", placeholder: "访问密钥", required: true });
  input.setAttribute("aria-label", "访问密钥");
  const save = element("button", "", "使用");
  field.append(input, save);
  field.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, input.value.trim());
    field.remove();
    fillFilters().catch(() => {});
    search();
  });
  $("error").before(field);
}

function showAnswer(answer, query) {
  const isExact = answer.mode === "exact"; // found by its number: no word of the question to mark
  const pairs = isExact ? new Set() : pairsOf(query);
  const notes = answer.degraded.map((word) => NOTES[word] || word);
  notes.push(...(answer.notes || []).map((note) => note.reason));
  const count = `${answer.hits.length} 条法条，用时 ${Math.round(answer.milliseconds)} 毫秒`;
  $("status").textContent = [count, ...notes].join("；");
  $("doubt").hidden = !answer.no_confident_match || !answer.hits.length;
  $("hits").replaceChildren(...answer.hits.map((hit) => card(hit, pairs, isExact)));
}

async function ask(path, body, signal) {
  let response;
  const key = sessionStorage.getItem(KEY);
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const post = body && {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  };
  try {
    response = await fetch(path, post || { headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("连不上服务，请确认它还在运行");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  if (response.status === 401) showKeyField();
  throw new Error(answer?.error?.message || `服务返回了 ${response.status}`);
}

function filters() {
  const chosen = {};
  if ($("category").value) chosen.category = [$("category").value];
  if ($("law").value.trim()) chosen.law_name = [$("law").value.trim()];
  return chosen;
}

async function search() {
  const query = $("query").value.trim();
  if (!query) {
    $("query").focus();
    return;
  }
  running?.abort();
  const mine = (running = new AbortController());
  const address = new URL(location.href);
  address.searchParams.set("q", query);
  history.replaceState(null, "", address);
  $("go").disabled = true;
  showBones();
  try {
    const body = { query, k: 10, filters: filters() };
    showAnswer(await ask("/v1/search", body, mine.signal), query);
  } catch (error) {
    if (error.name !== "AbortError") showError(error.message);
  } finally {
    if (running === mine) {
      $("go").disabled = false;
      $("hits").removeAttribute("aria-busy");
    }
  }
}

async function fillFilters() {
  const { data } = await ask("/v1/laws");
  const categories = [...new Set(data.map((law) => law.category))].sort();
  for (const name of categories) $("category").append(new Option(name, name));
  for (const name of new Set(data.map((law) => shortName(law.law_name)))) {
    $("laws").append(new Option(name, name));
  }
  const articles = data.reduce((sum, law) => sum + law.articles, 0);
  $("corpus").textContent = `收录 ${data.length} 部法律，${articles} 条`;
}

function grow() {
  $("query").style.height = "auto";
  $("query").style.height = `${$("query").scrollHeight}px`;
}

function start() {
  for (const question of EXAMPLES) {
    const button = element("button", "", question);
    button.type = "button";
    button.addEventListener("click", () => {
      $("query").value = question;
      grow();
      search();
    });
    $("examples").append(button);
  }
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  $("query").addEventListener("input", grow);
  $("query").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return; // an IME's Enter
    event.preventDefault();
    search();
  });
  for (const id of ["category", "law"]) {
    $(id).addEventListener("change", () => $("query").value.trim() && search());
  }
  fillFilters().catch(() => {}); // without them the page still searches all law
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) {
    $("query").value = asked;
    grow();
    search();
  }
}

start();
