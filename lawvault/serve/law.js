// 法律: one law as it is read, from the article that was asked for to all the rest.
"use strict";

import { lawAddress, pathOf } from "./address.js";
import { element, folded, shortName } from "./card.js";
import { tell } from "./controls.js";
import { LawBox } from "./lawbox.js";
import { comparisonOf } from "./lawdiff.js";
import { LawFind } from "./lawfind.js";
import { headOf } from "./lawhead.js";
import { laidOut, markParts, tableOf } from "./lawtext.js";
import { shelfOfLaws } from "./laws.js";
import { offerPassages } from "./passage.js";
import { peekAt } from "./peek.js";
import { toolsFor } from "./relations.js";
import { ask } from "./service.js";

const NARROW = matchMedia("(max-width: 60rem)");

export class LawView {
  #turn = 0;
  #shown = null; // {where, law, headings, articles}: what is laid out
  #opened = null; // the article that is open
  #tools = null;
  #heading = null; // where in the table of contents the reader is

  // `parts` are the elements of the view; `goTo` shows an address, `named` titles the page.
  constructor(parts, { goTo, named }) {
    this.parts = parts;
    this.goTo = goTo;
    this.named = named;
    this.box = new LawBox(parts.form, goTo);
    this.table = folded("panel contents", "目录", !NARROW.matches);
    this.nav = element("nav");
    this.nav.ariaLabel = "目录";
    this.table.append(this.nav);
    const findings = element("div", "law-find");
    findings.setAttribute("role", "search");
    findings.ariaLabel = "在本法中查找";
    parts.side.append(findings, this.table);
    this.find = new LawFind(findings, (article, range) => this.#showFound(article, range));
    this.body = element("div", "law-body");
    parts.text.append(this.body);
    offerPassages(parts.text, () => this.#shown.law, (node) => this.#articleOf(node));
    peekAt(parts.text, (where) => this.#known(where));
    this.body.addEventListener("click", (event) => this.#pressed(event));
    const rules = { rootMargin: "-38% 0px -60% 0px" };
    this.watch = new IntersectionObserver((seen) => this.#follow(seen), rules);
  }

  // Come into view with what the address asks for; `isBack`: the reader has been there.
  async enter(given, isBack) {
    const [law, article, at] = ["law", "article", "at"].map((name) => given.get(name) || "");
    const [asOf, from, to] = ["as_of", "from", "to"].map((name) => given.get(name) || "");
    const where = { law, article, asOf, at, from, to };
    const turn = ++this.#turn;
    tell(this.parts.error, null);
    if (this.#isShown(where)) return this.#open(article, at, isBack);
    this.#clear(law ? "读取中…" : "");
    this.named(law ? `《${shortName(law.split("@")[0])}》` : "");
    try {
      const show = await this.#read(where);
      if (turn === this.#turn) show();
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#clear("");
      const isUnknown = [404, 409].includes(error.status);
      tell(this.parts.error, error, isUnknown ? null : () => this.enter(given, isBack));
      if (isUnknown) this.box.offer(`${law} ${article}`.trim());
    }
  }

  // Ask for it; return how it is shown.
  async #read(where) {
    const { law, asOf, from, to } = where;
    if (!law) {
      const shelves = await shelfOfLaws();
      return () => this.#shelve(shelves);
    }
    const about = await ask(pathOf(law) + (asOf && `?as_of=${encodeURIComponent(asOf)}`));
    if (from || to) {
      const pair = new URLSearchParams(Object.entries({ from, to }).filter(([, one]) => one));
      const diff = await ask(`${pathOf(law, "diff")}?${pair}`);
      return () => this.#compare(about, diff, where);
    }
    const { law_id: id, has_text: hasText } = about.law;
    const text = hasText ? await ask(`${pathOf(id, "text")}?include=references`) : null;
    return () => this.#lay(about, text, where);
  }

  #clear(words) {
    this.#shown = this.#opened = this.#heading = null;
    this.table.firstChild.textContent = "目录";
    this.watch.disconnect();
    this.find.take([]);
    for (const part of [this.parts.head, this.body, this.parts.shelves]) part.replaceChildren();
    this.parts.side.hidden = true;
    this.#say(words);
  }

  // Tell how it stands; `isSeen`: what the page shows anyway is told to those who listen.
  #say(words, isSeen = false) {
    this.parts.told.textContent = words;
    this.parts.told.classList.toggle("hidden", isSeen);
  }

  #shelve(shelves) {
    this.parts.shelves.replaceChildren(...shelves);
    this.#say("");
    scrollTo(0, 0);
  }

  #lay(about, text, where) {
    this.parts.head.replaceChildren(headOf(about, where, this.goTo));
    const { law } = about;
    if (!text) return this.#say(`库中没有《${law.short_name}》这一版本的文本，只有名称、日期和效力`);
    this.#say("");
    const place = { law: where.law, asOf: where.asOf };
    const { nodes, headings, articles } = laidOut(about.contents, text, place);
    this.#shown = { where, law, headings, articles };
    const longest = Math.max(0, ...articles.map(({ number }) => number.length));
    this.body.style.setProperty("--number", `${longest + 1.4}em`);
    this.body.replaceChildren(...nodes);
    this.table.hidden = !headings.length;
    this.nav.replaceChildren(tableOf(headings, (heading) => this.#turnTo(heading)));
    this.parts.side.hidden = false;
    this.find.take(articles);
    for (const { node } of articles) this.watch.observe(node);
    this.#open(where.article, where.at, false);
  }

  #compare(about, diff, where) {
    this.parts.head.replaceChildren(headOf(about, where, this.goTo));
    this.body.replaceChildren(comparisonOf(diff));
    this.#say("");
    this.body.querySelector("h2").focus({ preventScroll: true });
    this.named(`《${about.law.short_name}》版本比较`);
  }

  #isShown({ law, asOf, from, to }) {
    if (!this.#shown || from || to) return false;
    const { where } = this.#shown;
    if (law === where.law && asOf === where.asOf) return true;
    return law === this.#shown.law.law_id && !asOf && !where.asOf;
  }

  // Open an article, by its number as laws write it or in digits; without one, the head.
  #open(wanted, at, isBack) {
    const { law, articles } = this.#shown;
    const name = `《${law.short_name}》`;
    this.#close();
    if (!wanted) {
      this.named(name);
      if (!isBack) {
        scrollTo(0, 0);
        this.parts.head.querySelector("h2").focus({ preventScroll: true });
      }
      return;
    }
    const article = articles.find(({ tail, number }) => [tail, number].includes(wanted));
    if (!article) return this.#miss(wanted);
    this.named(`${name}${article.number}`);
    this.#carry(article.tail);
    this.#opened = article;
    article.node.setAttribute("aria-current", "true");
    markParts(article, at);
    this.#tools = toolsFor(law, article);
    article.node.append(this.#tools);
    this.#say(`已打开${name}${article.number}`, true);
    if (article.heading) this.#point(article.heading);
    if (isBack) return;
    article.node.focus({ preventScroll: true });
    const meant = article.words.querySelector(".meant");
    this.#scrollTo(meant || article.node);
  }

  // The other versions and days are opened at the article that is open here.
  #carry(tail) {
    this.#shown.where.article = tail;
    for (const link of this.parts.head.querySelectorAll(".to-law")) {
      const address = new URL(link.href);
      address.searchParams.set("article", tail);
      link.href = address.pathname + address.search;
    }
  }

  async #miss(wanted) {
    const { law, where } = this.#shown;
    try {
      const { article } = await ask(pathOf(law.law_id, "articles", wanted)); // 第38条, 38条之1
      this.goTo(lawAddress({ ...where, article: article.article_id.split("/").pop() }), true);
    } catch (error) {
      tell(this.parts.error, error);
      scrollTo(0, 0);
    }
  }

  #close() {
    this.#opened?.node.removeAttribute("aria-current");
    if (this.#opened) markParts(this.#opened, "");
    this.#tools?.remove();
    this.#opened = this.#tools = null;
  }

  // What is not rendered yet has a guessed height: once it has been seen, its place is known.
  #scrollTo(node) {
    const isTall = node.offsetHeight > innerHeight / 2;
    node.scrollIntoView({ block: isTall ? "start" : "center" });
    requestAnimationFrame(() => node.scrollIntoView({ block: isTall ? "start" : "center" }));
  }

  #turnTo(heading) {
    if (NARROW.matches) this.table.open = false;
    heading.node.focus({ preventScroll: true });
    heading.node.scrollIntoView({ block: "start" });
    requestAnimationFrame(() => heading.node.scrollIntoView({ block: "start" }));
  }

  // An article comes to where one reads.
  #follow(seen) {
    const read = seen.findLast((one) => one.isIntersecting);
    const article = read && this.#articleOf(read.target);
    if (article?.heading && article.heading !== this.#heading) this.#point(article.heading);
  }

  // Show in the table of contents where the reader is.
  #point(heading) {
    this.#heading?.link.removeAttribute("aria-current");
    this.#heading = heading;
    const { link } = heading;
    link.setAttribute("aria-current", "location");
    const path = [];
    for (let one = this.#heading; one; one = one.under) path.unshift(one.title);
    this.table.firstChild.textContent = `目录 · ${path.join(" › ")}`;
    const [list, at] = [this.nav.getBoundingClientRect(), link.getBoundingClientRect()];
    if (at.top < list.top || at.bottom > list.bottom) {
      this.nav.scrollTop += at.top - list.top - list.height / 2;
    }
  }

  #showFound(article, range) {
    this.#scrollTo(article.node);
    if (!range) return;
    requestAnimationFrame(() => {
      const box = range.getBoundingClientRect();
      if (box.top < 80 || box.bottom > innerHeight) scrollBy(0, box.top - innerHeight / 2);
    });
  }

  #pressed({ target }) {
    const article = target.closest(".law-more") && this.#articleOf(target);
    if (!article) return;
    if (article === this.#opened) return this.#close();
    this.goTo(lawAddress({ ...this.#shown.where, at: "", article: article.tail }));
  }

  #articleOf(node) {
    const id = node.closest?.(".law-article")?.id;
    return (id && this.#shown?.articles.find(({ node: one }) => one.id === id)) || null;
  }

  // Return an article that a reference of the law that is shown leads to, if it is of that.
  #known(where) {
    const { law, articles } = this.#shown;
    if (where.get("law") !== law.law_id) return null;
    const article = articles.find(({ tail }) => tail === where.get("article"));
    return article && { title: article.number, content: article.content };
  }
}
