// 写作: the material library beside a draft, from what it is asked for by to the file.
"use strict";

import { element } from "./card.js";
import { Compose } from "./compose.js";
import { NOT_HERE, tell } from "./controls.js";
import { Drafting } from "./drafting.js";
import { Editor } from "./editor.js";
import { Library } from "./library.js";
import { backup, favourites, pastDrafts, pastWork } from "./shelf.js";

const DRAFTS = "/v1/drafts";
const NARROW = matchMedia("(max-width: 60rem)");

export class Writer {
  #isRead = false;

  // `parts` are the elements of the view; `named` gets the id of the draft that is shown,
  // `searched` an entry of the history that is no draft.
  constructor(parts, { named, searched }) {
    this.parts = parts;
    this.named = named;
    this.library = new Library(parts.library, () => {});
    this.compose = new Compose(parts.form, {
      write: (body, profile) => this.#write(DRAFTS, body, { profile }),
      filled: (filled) => this.#filled(filled),
    });
    this.live = element("section", "panel live");
    this.live.hidden = true;
    parts.draft.before(this.live);
    this.editor = new Editor(parts.draft, {
      titleOf: (id) => this.library.titleOf(id),
      revise: (id, body, before) =>
        this.#write(`${DRAFTS}/${encodeURIComponent(id)}/revise`, body, { before }),
      opened: named,
    });
    const opened = (id) => this.open(id);
    const past = (entry) => (entry.kind === "draft" ? this.open(entry.ref_id) : searched(entry));
    parts.library.append(
      pastDrafts(opened),
      favourites(),
      pastWork(past),
      backup(() => this.#read()),
    );
    if (NARROW.matches) parts.library.closest("details").open = false;
  }

  // Come into view; `draftId` names a draft to show.
  async enter(draftId) {
    if (!this.#isRead) await this.#read();
    if (!draftId && this.editor.id) this.named(this.editor.id);
    if (this.#isRead && draftId && draftId !== this.editor.id) await this.open(draftId);
  }

  async open(draftId) {
    if (this.editor.isDirty && !confirm("现在的文稿有修改未保存，要放弃吗？")) return;
    await this.#try(
      async () => {
        await this.editor.open(draftId);
        this.#showDraft();
      },
      () => this.open(draftId),
    );
  }

  async #try(work, again) {
    tell(this.parts.error, null);
    try {
      await work();
    } catch (error) {
      tell(this.parts.error, error, again);
    }
  }

  async #read() {
    await this.#try(
      async () => {
        await this.compose.refresh().catch((error) => {
          throw error.status === 404 ? new Error(NOT_HERE) : error;
        });
        await this.library.refresh();
        this.#isRead = true;
      },
      () => this.#read(),
    );
    this.parts.desk.hidden = !this.#isRead;
  }

  #showDraft() {
    this.parts.compose.open = false;
    this.parts.draft.scrollIntoView({ block: "start" });
  }

  #filled({ notes, to_write, problems, profile, ...draft }) {
    if (this.editor.isEdited && !confirm("现在的文稿有修改未保存，要放弃吗？")) return;
    this.editor.show({ ...draft, revision: 0, data: { notes, to_write } });
    this.editor.exports.suggest(profile);
    if (!problems.length) this.#showDraft();
  }

  // Have a draft written, or changed from `before`, and show it when it is.
  async #write(path, body, { profile, before }) {
    const isNew = path === DRAFTS;
    if (isNew && this.editor.isDirty && !confirm("现在的文稿有修改未保存，要放弃吗？")) return;
    const drafting = new Drafting(this.live, (id) => this.library.titleOf(id));
    this.parts.draft.hidden = true;
    this.parts.compose.open = false;
    this.live.scrollIntoView({ block: "start" });
    this.#lock(true);
    try {
      const { id, kind } = await drafting.hear(path, { ...body, materials: this.library.chosen });
      await this.editor.open(id, before);
      this.live.hidden = true;
      if (profile) this.editor.exports.suggest(profile);
      if (kind === "draft.completed" && body.keep_found) await this.library.refresh();
    } catch (error) {
      this.live.hidden = drafting.text.childElementCount === 0;
      this.parts.draft.hidden = isNew && !this.editor.id;
      if (!isNew) throw error;
      this.parts.compose.open = true;
      this.compose.refused(error);
    } finally {
      this.#lock(false);
    }
  }

  // One draft at a time.
  #lock(isLocked) {
    this.compose.go.disabled = this.compose.fill.disabled = isLocked;
  }
}
