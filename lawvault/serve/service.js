// Calls to the service. Events are read with fetch, as an EventSource cannot send a key.
"use strict";

const KEY = "lawvault-key"; // of this tab only: gone when it closes

// What the service, or the way to it, answers instead; `status` 0: nothing came back.
export class Refusal extends Error {
  constructor(message, status, error = {}) {
    super(message);
    this.status = status;
    this.code = error.code || "";
  }
}

export function useKey(key) {
  sessionStorage.setItem(KEY, key);
}

// Return the response to a request; throw a Refusal, or AbortError if `signal` ends it.
// `body` is sent as JSON, a Blob as it is.
export async function request(path, { body, headers = {}, signal, method } = {}) {
  const key = sessionStorage.getItem(KEY);
  const sent = { ...headers };
  if (key) sent.Authorization = `Bearer ${key}`;
  const isBlob = body instanceof Blob;
  if (body && !isBlob) sent["Content-Type"] = "application/json";
  const options = { headers: sent, signal, method: method || (body ? "POST" : "GET") };
  if (body) options.body = isBlob ? body : JSON.stringify(body);
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal("连不上服务，请确认它还在运行", 0);
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => null);
  const message = answer?.error?.message || `服务返回了 ${response.status}`;
  throw new Refusal(message, response.status, answer?.error || {});
}

export async function ask(path, body, signal) {
  return told(await request(path, { body, signal }));
}

// Return what a response says in JSON.
export async function told(response) {
  return response.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Refusal("服务的回答不完整", 0);
  });
}

// Yield the events of a stream as {id, event, data}; `heard` is called for all that comes.
export async function* eventsOf(response, heard) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new Refusal("与服务的连接中断", 0);
    });
    if (done) return;
    heard();
    const blocks = (held + value).split("\n\n");
    held = blocks.pop();
    for (const block of blocks) {
      const event = eventOf(block);
      if (event) yield event;
    }
  }
}

function eventOf(block) {
  const fields = { id: "", event: "message", data: "" };
  for (const line of block.split("\n")) {
    const [, name, value] = /^(id|event|data): ?(.*)$/.exec(line) || [];
    if (name) fields[name] = value;
  }
  return fields.data && { ...fields, data: JSON.parse(fields.data) };
}
