// Builds elements from plain text only: nothing that a file or a server says is ever read as HTML.
export function el(tag, settings = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(settings)) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// Text in which `code` stands between backticks.
export function coded(text) {
  return text.split("`").map((part, position) => (position % 2 ? el("code", {}, part) : part));
}

// The forms of Markdown that a report has: headings, tables, lists, code, and parts that unfold.
export function markdown(text) {
  return blocks(text.split("\n"));
}

function blocks(lines) {
  const made = [];
  while (lines.length) {
    const line = lines.shift();
    const fence = /^(`{3,})/.exec(line);
    if (fence) made.push(el("pre", { lang: "en" }, until(lines, (next) => next === fence[1]).join("\n")));
    else if (/^<details/.test(line)) made.push(unfolding(line, until(lines, (next) => next.startsWith("</details>"))));
    else if (/^#+ /.test(line)) made.push(el("h3", {}, inline(line.replace(/^#+ /, ""))));
    else if (line.startsWith("|")) made.push(table([line, ...whilst(lines, (next) => next.startsWith("|"))]));
    else if (line.startsWith("- ")) made.push(el("ul", {}, [line, ...whilst(lines, (next) => next.startsWith("- "))].map((item) => el("li", {}, inline(item.slice(2))))));
    else if (line.trim() && !line.startsWith("<!--")) made.push(el("p", {}, inline([line, ...whilst(lines, (next) => next.trim() && !/^([#|`<]|- )/.test(next))].join(" "))));
  }
  return made;
}

function whilst(lines, goesOn) {
  const found = [];
  while (lines.length && goesOn(lines[0])) found.push(lines.shift());
  return found;
}

function until(lines, ends) {
  const found = whilst(lines, (next) => !ends(next));
  lines.shift();
  return found;
}

function unfolding(opening, lines) {
  const summary = /<summary>(.*)<\/summary>/.exec([opening, ...lines].join("\n"));
  const rest = lines.filter((line) => !line.includes("<summary>"));
  return el("details", {}, el("summary", {}, inline(summary ? summary[1] : "…")), blocks(rest));
}

function table(lines) {
  const rows = lines.filter((line) => !/^\|[\s:|-]+\|$/.test(line)).map((line) => line.replace(/^\||\|\s*$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim()));
  const [head, ...body] = rows;
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": plain(head.join(", ")) },
    el("table", {}, el("thead", {}, el("tr", {}, head.map((cell) => el("th", { scope: "col" }, inline(cell))))),
      el("tbody", {}, body.map((row) => el("tr", {}, row.map((cell) => el("td", {}, inline(cell))))))));
}

const PARTS = /(\\[^\w\s]|&(?:amp|lt|gt|#36);|(`+)[\s\S]*?[^`]\2(?!`)|\*\*[\s\S]+?\*\*|\[(?:\\.|[^\]\\])*\]\([^)]*\))/;
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&#36;": "$" };

function inline(text) {
  const found = PARTS.exec(text);
  if (!found) return text ? [text] : [];
  return [text.slice(0, found.index), ...part(found[0]), ...inline(text.slice(found.index + found[0].length))].filter((each) => each !== "");
}

function part(text) {
  if (text.startsWith("\\")) return [text.slice(1)];
  if (text.startsWith("&")) return [ENTITIES[text]];
  if (text.startsWith("**")) return [el("strong", {}, inline(text.slice(2, -2)))];
  if (text.startsWith("[")) return inline(text.slice(1, text.lastIndexOf("](")));
  const ticks = /^`+/.exec(text)[0].length;
  return [el("code", {}, text.slice(ticks, -ticks).replace(/\\\|/g, "|").replace(/^ (.*`.*|`.*) $/, "$1"))];
}

function plain(text) {
  return text.replace(/[`*\\]/g, "");
}
