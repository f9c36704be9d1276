// A draft taken away: a Word file, or the clipboard as Word, Markdown or text.
"use strict";

import { button, element } from "./card.js";
import { choice, input, labelled, saveFile, ticked } from "./controls.js";
import { request, told } from "./service.js";

const PROFILES = [
  ["lawfirm", "律师事务所文书"],
  ["court", "诉讼文书"],
  ["gbt9704", "党政机关公文（GB/T 9704）"],
  ["custom", "自定义（套用本所 .docx）"],
];
const STYLES = [
  ["footnote", "脚注（法条全文）"],
  ["appendix", "文末清单"],
  ["inline", "不加，只标出问题"],
];
const MAX_REFERENCE = 10_000_000; // bytes

export class Exports {
  #sourceOf;

  // Fill `root`; `sourceOf` returns what is to be exported, as `/v1/export` takes it.
  constructor(root, sourceOf) {
    this.#sourceOf = sourceOf;
    this.profile = choice(PROFILES);
    this.citations = choice(STYLES);
    this.annex = ticked("文末附引用法条核验表（Word）", { checked: true });
    this.comments = ticked("标出须复核之处（Word 中为批注）", { checked: true });
    this.reference = input("file", { accept: ".docx" });
    this.told = element("ul", "notes");
    this.told.setAttribute("role", "status");
    const own = labelled("参考文档（含信头和样式）", this.reference);
    own.hidden = true;
    this.profile.addEventListener("change", () => (own.hidden = this.profile.value !== "custom"));
    const options = element("div", "line");
    options.append(labelled("版式", this.profile), labelled("引用", this.citations), own);
    options.append(this.annex.node, this.comments.node);
    const presses = element("div", "line");
    presses.append(
      this.#press("下载 Word", () => this.#download(), "primary"),
      this.#press("复制到 Word", () => this.#copy("html", "text")),
      this.#press("复制 Markdown", () => this.#copy("markdown")),
      this.#press("复制纯文本", () => this.#copy("text")),
    );
    root.append(options, presses, this.told);
  }

  // Choose the look that a template is made for.
  suggest(profile) {
    if (PROFILES.some(([name]) => name === profile)) this.profile.value = profile;
  }

  #press(label, work, className = "copy") {
    const press = button(className, label, async () => {
      press.disabled = true;
      this.#tell(["处理中…"]);
      try {
        this.#tell(await work());
      } catch (error) {
        this.#tell([error.message], "degraded");
      }
      press.disabled = false;
    });
    return press;
  }

  #tell(messages, kind = "") {
    this.told.replaceChildren(...messages.map((message) => element("li", kind, message)));
  }

  async #file(format) {
    const body = {
      ...this.#sourceOf(),
      format,
      citations: this.citations.value,
      annex: this.annex.box.checked,
      comments: this.comments.box.checked,
      profile: this.profile.value,
    };
    if (body.profile === "custom") body.reference = await this.#encoded(format);
    const headers = { Accept: "application/json" };
    return told(await request("/v1/export", { body, headers }));
  }

  async #encoded(format) {
    const file = this.reference.files[0];
    if (!file && format === "docx") throw new Error("请选择本所的 .docx 作为参考文档");
    if (!file) return "";
    if (file.size > MAX_REFERENCE) throw new Error("参考文档超过 10 MB");
    const bytes = new Uint8Array(await file.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 32_768) {
      text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
    }
    return btoa(text);
  }

  async #download() {
    const file = await this.#file("docx");
    saveFile(new Blob([bytesOf(file)], { type: file.media_type }), file.name);
    return [`已生成《${file.name}》`, ...file.notes];
  }

  async #copy(...formats) {
    const files = await Promise.all(formats.map((format) => this.#file(format)));
    const texts = files.map((file) => new TextDecoder().decode(bytesOf(file)));
    const kinds = Object.fromEntries(
      formats.map((format, at) => [format === "html" ? "text/html" : "text/plain", texts[at]]),
    );
    const notes = [...new Set(files.flatMap((file) => file.notes))];
    if (copied(kinds)) return ["已复制，可以粘贴", ...notes];
    await again(this.told);
    if (!copied(kinds)) throw new Error("浏览器不允许复制");
    return ["已复制，可以粘贴", ...notes];
  }
}

function bytesOf({ content }) {
  return Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
}

// Put texts on the clipboard as they are: `navigator.clipboard` would strip the styles of Word.
function copied(kinds) {
  const put = (event) => {
    for (const [kind, text] of Object.entries(kinds)) event.clipboardData.setData(kind, text);
    event.preventDefault();
  };
  document.addEventListener("copy", put, { once: true });
  const isDone = document.execCommand("copy");
  document.removeEventListener("copy", put);
  return isDone;
}

// Wait for another press: a browser forgets the first one when an answer takes long.
function again(place) {
  return new Promise((resolve) => {
    const item = element("li");
    item.append(button("copy", "内容已备好，按这里复制", resolve));
    place.replaceChildren(item);
  });
}
