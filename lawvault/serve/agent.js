// One run of the search agent: started or found again, heard to its end, stopped.
"use strict";

import { Refusal, ask, eventsOf, request } from "./service.js";

const RUNS = "/v1/agent/runs";
const ENDS = new Set(["run.completed", "run.stopped", "run.failed"]);
const TRIES = 6; // to take up a connection that broke, until something comes again
const SILENCE = 45_000; // milliseconds; the service is never silent for that long
export const RUN_ID = /^run-[0-9a-f]{32}$/;

export class Run {
  #view;
  #named;
  #line = null; // AbortController of the connection
  #lastId = "";
  #seq = 0;
  #isLeft = false;
  #isUnwanted = false;
  id = "";
  isOver = false;

  // `view` shows what happens; `named` is called with the run's id once it has one.
  constructor(view, named) {
    this.#view = view;
    this.#named = named;
  }

  // Ask, and hear the answer to its end; `scope` says which law counts. Throws a Refusal.
  start(question, scope) {
    const headers = { Accept: "text/event-stream" };
    return this.#hear((signal) =>
      request(RUNS, { body: { question, ...scope, stream: true }, headers, signal }),
    );
  }

  // Hear a run that was started before, from where it was left. Throws a Refusal.
  async follow(id) {
    this.id = id;
    const record = await ask(`${RUNS}/${id}`).catch(() => null); // the events tell what is wrong
    if (record?.law_changed) this.#view.outdated();
    return this.#hear((signal) => this.#resumed(signal));
  }

  // Have the run stopped; what was found is kept, and the events tell that it ended.
  async stop() {
    this.#isUnwanted = true;
    if (!this.id || this.isOver) return;
    try {
      await request(`${RUNS}/${this.id}/cancel`, { method: "POST" });
    } catch (error) {
      if (error.status !== 409) throw error; // it had just ended
    }
  }

  // Hear no more of it.
  leave() {
    this.#isLeft = true;
    this.#line?.abort();
    this.#view.close();
  }

  async #hear(connect) {
    for (let failures = 0; !this.#isLeft; ) {
      const before = this.#seq;
      try {
        await this.#listen(connect);
      } catch (error) {
        if (this.#isLeft) return;
        if (!this.id || !isPassing(error)) throw error;
      }
      if (this.isOver || this.#isLeft) return;
      failures = this.#seq > before ? 1 : failures + 1;
      if (failures > TRIES) throw new Refusal("与服务的连接断开，未能恢复；检索可能仍在进行", 0);
      this.#view.waiting();
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** failures));
      connect = (signal) => this.#resumed(signal);
    }
  }

  #resumed(signal) {
    const headers = { Accept: "text/event-stream" };
    if (this.#lastId) headers["Last-Event-ID"] = this.#lastId;
    return request(`${RUNS}/${this.id}/events`, { headers, signal });
  }

  async #listen(connect) {
    const line = (this.#line = new AbortController());
    let timer = 0;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => line.abort(), SILENCE);
    };
    try {
      heard();
      const response = await connect(line.signal);
      if (response.status === 204) return await this.#readEnd();
      this.#name(response.headers.get("X-LawVault-Run"));
      for await (const event of eventsOf(response, heard)) this.#take(event);
    } finally {
      clearTimeout(timer);
      line.abort();
    }
  }

  #name(id) {
    if (this.id || !RUN_ID.test(id || "")) return;
    this.id = id;
    this.#named(id);
    if (this.#isUnwanted) this.stop().catch((error) => this.#view.stopFailed(error.message));
  }

  #take({ id, event, data }) {
    if (event === "error") throw new Refusal(data.error.message, 503);
    if (this.#isLeft || data.seq <= this.#seq) return;
    this.#seq = data.seq;
    this.#lastId = id;
    this.isOver = ENDS.has(event);
    this.#view.take(event, data.data, data.time);
  }

  // Tell how a run ended whose events do not.
  async #readEnd() {
    const record = await ask(`${RUNS}/${this.id}`);
    this.isOver = true;
    this.#view.take(`run.${record.state}`, record, record.created);
  }
}

function isPassing(error) {
  if (error.name === "AbortError") return true;
  return error instanceof Refusal && [0, 429, 502, 503, 504].includes(error.status);
}
