// What was searched and asked here, noted in the history of a service that keeps one.
"use strict";

import { ask } from "./service.js";

const HISTORY = "/v1/history";
let last = ""; // a question whose filters change is asked once

export function hasWriter() {
  return (document.documentElement.dataset.has || "").split(" ").includes("writer");
}

// Note it; `refId` names the run that came of it.  Nobody is kept waiting, or told of a failure.
export async function note(kind, text, refId = "") {
  const entry = { kind, text, ref_id: refId };
  if (!hasWriter() || JSON.stringify(entry) === last) return;
  last = JSON.stringify(entry);
  try {
    await ask(HISTORY, entry);
    document.dispatchEvent(new CustomEvent("lawvault:noted"));
  } catch (error) {
    console.warn(`历史记录未能保存：${error.message}`);
  }
}
