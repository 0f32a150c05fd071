// Builds elements from plain text only: nothing that a file or a server says is ever read as HTML.
export function el(tag, settings = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(settings)) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// Text in which `code` stands between backticks.
export function coded(text) {
  return text.split("`").map((part, position) => (position % 2 ? el("code", {}, part) : part));
}

// The few forms of Markdown that a report has: headings, tables, lists, fenced code, bold and code in a line.
export function markdown(text) {
  const made = [];
  const lines = text.split("\n");
  while (lines.length) {
    const line = lines.shift();
    if (line.startsWith("```")) made.push(el("pre", {}, taken(lines, (next) => !next.startsWith("```"), true).join("\n")));
    else if (/^#+ /.test(line)) made.push(el("h3", {}, inline(line.replace(/^#+ /, ""))));
    else if (line.startsWith("|")) made.push(table([line, ...taken(lines, (next) => next.startsWith("|"))]));
    else if (/^[-*] /.test(line)) made.push(el("ul", {}, [line, ...taken(lines, (next) => /^[-*] /.test(next))].map((item) => el("li", {}, inline(item.slice(2))))));
    else if (/^<\/?(details|summary|sub|br|!--)/.test(line)) { if (/<summary>/.test(line)) made.push(el("h3", {}, line.replace(/<[^>]*>/g, ""))); }
    else if (line.trim()) made.push(el("p", {}, inline([line, ...taken(lines, (next) => next.trim() && !/^([#|`<]|[-*] )/.test(next))].join(" "))));
  }
  return made;
}

function taken(lines, goesOn, andTheEnd = false) {
  const found = [];
  while (lines.length && goesOn(lines[0])) found.push(lines.shift());
  if (andTheEnd) lines.shift();
  return found;
}

function table(lines) {
  const rows = lines.filter((line) => !/^\|[\s:|-]+\|$/.test(line)).map((line) => line.replace(/^\||\|\s*$/g, "").split("|").map((cell) => cell.trim()));
  const [head, ...body] = rows;
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": head.join(", ") },
    el("table", {}, el("thead", {}, el("tr", {}, head.map((cell) => el("th", { scope: "col" }, inline(cell))))),
      el("tbody", {}, body.map((row) => el("tr", {}, row.map((cell) => el("td", {}, inline(cell))))))));
}

function inline(text) {
  return text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) =>
    part.startsWith("**") ? el("strong", {}, part.slice(2, -2)) : part.startsWith("`") ? el("code", {}, part.slice(1, -1)) : part);
}
