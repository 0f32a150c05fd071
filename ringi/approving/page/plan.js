// What the page shows of a plan of access: who newly sees what, what is taken away, both keys, and the text that is signed.
import { coded, el } from "/dom.js";
import { facts, keyView, panel } from "/show.js";

const FEW = 3;

export function planView(state, say) {
  const { proposal: shown, person, side } = state;
  return [
    el("p", { class: "eyebrow" }, say("yourKey")[side].replace("{name}", person.name)),
    el("h1", { id: "title", tabindex: "-1" }, say("planTitle")),
    el("p", { class: "other" }, `${say("account")} `, el("span", { class: "name", lang: "en" }, shown.account)),
    el("p", { class: "panel notice" }, say("planNotice")),
    panel(say("widens"), shown.widens.map((group) => groupView(group, say, true))),
    shown.narrows.length > 0 && panel(say("narrows"), shown.narrows.map((group) => groupView(group, say, false))),
    shown.refused.length > 0 && panel(say("refusedParts"), shown.refused.map((each) => el("div", { class: "talk" }, el("p", { lang: "en" }, coded(each.message)), el("p", { class: "secondary", lang: "en" }, each.place)))),
    panel(say("planFacts"), facts([
      [say("madeAt"), say.date(shown.made_at)],
      [say("authors"), shown.authors.join(", ") || say("unknownAuthors")],
      [say("policy"), el("code", {}, shown.policy)],
      [say("holdsUntil"), shown.holds_until],
      [say("neutral"), shown.neutral > 0 && say("neutralSteps", { count: shown.neutral })],
    ])),
    panel(say("keys"), el("div", { class: "keys" }, ["tech", "business"].map((each) => keyView(each, shown.keys[each], each === side, say)))),
    el("details", {}, el("summary", {}, say("wholePlan")), el("pre", { lang: "en" }, shown.text)),
  ];
}

function groupView(group, say, counts) {
  return el("div", { class: "change" },
    readersView(group.readers, say),
    group.lines.map((line) => {
      const [first, second] = say.both(line.words);
      return el("div", { class: "talk" },
        el("p", { lang: first.lang }, coded(first.text)),
        el("p", { class: "secondary", lang: second.lang }, coded(second.text)),
        counts && el("p", {}, el("strong", {}, counted(line, say))));
    }));
}

function counted(line, say) {
  if (line.rows === null) return say("notCounted");
  const values = { rows: line.rows.toLocaleString(), cells: line.cells.toLocaleString(), uncounted: line.uncounted };
  return say(line.uncounted ? "countedSome" : "counted", values);
}

function readersView(readers, say) {
  const names = readers.map((each) => [each.country ? say.one(each.country) : say("allCountries"), each.who ?? say("nobodyAlone")].join(": "));
  if (names.length <= FEW) return el("h3", {}, names.join(" · "));
  return [
    el("h3", {}, say("readers", { count: names.length })),
    el("details", {}, el("summary", {}, say("whichReaders")), el("ul", {}, names.map((name) => el("li", {}, name)))),
  ];
}

export function planExactlyView(state, say) {
  const shown = state.proposal;
  const lines = ["ringi access plan v1", `plan: ${shown.plan}`, `account: ${shown.account}`, `side: ${state.side}`, `person: ${state.person.id}`, `approved_at: ${say("moment")}`];
  return el("details", {}, el("summary", {}, say("exactly")), el("p", { class: "small" }, say("exactlyHint")), el("pre", { lang: "en" }, lines.join("\n")));
}
