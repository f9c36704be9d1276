// Texts counted in whole characters, as the service counts, not in the halves of JavaScript.
"use strict";

const HALF = /[\ud800-\udfff]/;

// Return `slice(start, end)` of a text, in characters.
export function slicer(text) {
  if (!HALF.test(text)) return (start, end) => text.slice(start, end);
  const signs = [...text];
  return (start, end) => signs.slice(start, end).join("");
}

// Return how many characters lie before a place of JavaScript's counting.
export function signsBefore(text, place) {
  const before = text.slice(0, place);
  return HALF.test(before) ? [...before].length : place;
}
