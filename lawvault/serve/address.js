// Addresses of laws: within the page, and in the service.
"use strict";

// Return the address of a law; `law` is a law_id or a name, `at` "start-end" of an article's words.
export function lawAddress({ law, article, asOf, at, from, to }) {
  const where = new URLSearchParams({ view: "read", law });
  const more = { article, as_of: asOf, at, from, to };
  for (const [name, value] of Object.entries(more)) if (value) where.set(name, value);
  return `/?${where}`;
}

// Return what an article is called within its law: 38, 38-1.
export function tailOf(articleId) {
  return articleId.slice(articleId.lastIndexOf("/") + 1);
}

// Return where an article is, by its id.
export function whereIs(articleId) {
  return { law: articleId.slice(0, articleId.lastIndexOf("/")), article: tailOf(articleId) };
}

// Return the path of a law in the service.
export function pathOf(law, ...rest) {
  return ["/v1/laws", ...[law, ...rest].map(encodeURIComponent)].join("/");
}
