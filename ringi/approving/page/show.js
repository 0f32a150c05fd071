// What the page shows: a proposal, an invitation to make a passkey, and how each ended.
import { coded, el, markdown } from "/dom.js";

export function proposalView(state, say) {
  const { proposal: shown, person, side } = state;
  const [first, second] = say.both(shown.label);
  return [
    el("p", { class: "eyebrow" }, [say("yourKey")[side].replace("{name}", person.name), state.total > 1 && ` · ${say("position", state)}`]),
    el("h1", { id: "title", tabindex: "-1", lang: first.lang }, first.text),
    el("p", { class: "other", lang: second.lang }, second.text, " ", el("span", { class: "name", lang: "en" }, shown.metric)),
    el("p", { class: "panel notice" }, notice(shown, say)),
    shown.certified_at && shown.changes.length > 0 && panel(say("changes"), shown.changes.map((change) => changeView(change, say))),
    panel(say("what"), facts([
      [say("description"), both(shown.description, say, "lead")],
      [say("unit"), shown.unit],
      [say("notFor"), shown.not_for && both(shown.not_for, say)],
    ])),
    panel(say("why"), facts([
      [say("question"), both(shown.question, say)],
      [say("decision"), both(shown.decision, say)],
      [say("consumers"), shown.consumers.join(", ")],
      [say("hearing"), shown.hearing.length > 0 && shown.hearing.map((talk) => hearingView(talk, say))],
    ])),
    panel(say("how"), facts([
      [say("computation"), both(shown.how, say)],
      [say("countries"), shown.countries.length > 0 && shown.countries.map((variant) => variantView(variant, say))],
    ])),
    shown.report && panel(say("numbers"), el("div", { class: "report" }, markdown(shown.report))),
    panel(say("keys"), el("div", { class: "keys" }, ["tech", "business"].map((each) => keyView(each, shown.keys[each], each === side, say)))),
  ];
}

function notice(shown, say) {
  if (!shown.certified_at) return say("fresh");
  return say(shown.changes.length ? "changed" : "same", { date: say.date(shown.certified_at) });
}

export function panel(title, ...inside) {
  return el("section", { class: "panel" }, el("h2", {}, title), ...inside);
}

export function facts(rows) {
  return el("dl", {}, rows.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function both(words, say, kind = "") {
  const [first, second] = say.both(words);
  return [el("p", { class: kind, lang: first.lang }, coded(first.text)), el("p", { class: "secondary", lang: second.lang }, coded(second.text))];
}

function changeView(change, say) {
  const code = change.field.startsWith("how.") || /^countries\..*\.(filter|expression)$/.test(change.field);
  const value = (word, text) => el("div", { class: word }, el("span", {}, say(word)), el("p", { class: code && text !== null ? "code" : "" }, text ?? say("nothing")));
  return el("div", { class: "change" },
    el("h3", {}, say.one(change.words), el("span", { class: `chip ${change.class}` }, say(change.class))),
    el("div", { class: "pair" }, value("was", change.before), value("is", change.after)));
}

function variantView(variant, say) {
  return el("div", { class: "talk" },
    el("p", {}, `${say.one(variant.country)}: `, variant.differs.flatMap((each) => [`${say.one(each.field)} `, el("code", {}, each.text), " "]), variant.until && `(${say("until", { date: variant.until })})`),
    el("p", { class: "secondary" }, variant.reason));
}

function hearingView(talk, say) {
  const names = talk.attendees.map((each) => `${each.name} (${say("sides")[each.side]})`).join(", ");
  return el("div", { class: "talk" },
    el("p", {}, say("heardOn", talk)),
    talk.dissent.map((dissent) => el("p", {}, say("dissent", { dissent }))),
    el("p", { class: "secondary" }, say("attendees", { names })));
}

export function keyView(side, key, own, say) {
  const words = key.state === "valid" && key.at ? say("validAt", { name: key.by, date: say.date(key.at) }) : say(key.state, { name: key.by });
  return el("div", { class: `key ${key.state}` }, el("strong", {}, say(side === "tech" ? "tech" : "businessSide")), el("p", {}, own && key.state !== "valid" ? `${words} · ${say("yours")}` : words));
}

export function actView(state, say, on) {
  return el("div", { class: "act" },
    el("div", { id: "problem" }),
    el("div", { class: "buttons" },
      el("button", { type: "button", class: "main", id: "approve", on: { click: on.approve } }, say("approve")),
      el("button", { type: "button", id: "leave", on: { click: on.leave } }, say("leave"))),
    el("p", { class: "small" }, say("small")));
}

export function exactlyView(state, say) {
  const shown = state.proposal;
  const lines = ["ringi approval v1", `metric: ${shown.metric}`, `side: ${state.side}`, `person: ${state.person.id}`, `meaning: ${shown.meaning}`, `approved_at: ${say("moment")}`];
  return el("details", {}, el("summary", {}, say("exactly")), el("p", { class: "small" }, say("exactlyHint")), el("pre", { lang: "en" }, lines.join("\n")));
}

export function approvedView(state, done, say, on) {
  return ended(say("approvedTitle"), [
    el("p", {}, say(state.kind === "plan" ? "approvedPlanText" : "approvedText")),
    el("pre", { lang: "en" }, done.file),
  ], done.left, say, on, el("div", { class: "stamp", "aria-hidden": "true" }, el("div", {}, el("b", { lang: "ja" }, say("stamp")), el("br"), el("span", {}, `${state.person.name} ${done.approved_at.slice(0, 10)}`))));
}

export function leftView(state, left, say, on) {
  return ended(say("leftTitle"), [el("p", {}, say(state.kind === "plan" ? "leftPlanText" : "leftText"))], left, say, on, null);
}

function ended(title, inside, left, say, on, stamp) {
  const next = el("button", { type: "button", class: "main", on: { click: on.next } }, `${say("next")} (${say("left", { left })})`);
  return [el("section", { class: "panel done" }, stamp, el("h1", { id: "title", tabindex: "-1" }, title), ...inside,
    left > 0 ? el("div", { class: "buttons" }, next) : el("p", { class: "small" }, say("allDone")))];
}

export function invitationView(state, say, on) {
  const sides = state.sides.map((side) => say("sides")[side]).join(", ");
  return [
    el("p", { class: "eyebrow" }, state.person.id),
    el("h1", { id: "title", tabindex: "-1" }, say("registerTitle", { name: state.person.name })),
    el("section", { class: "panel" },
      el("p", { class: "lead" }, say("registerText")),
      el("p", {}, sides ? say("registerSides", { sides }) : say("registerNoSides")),
      el("p", {}, say("registerNext"))),
    el("div", { class: "act" }, el("div", { id: "problem" }), el("div", { class: "buttons" },
      el("button", { type: "button", class: "main", id: "approve", on: { click: on.register } }, say("register")))),
  ];
}

export function registeredView(state, done, say, on) {
  return [el("section", { class: "panel done" },
    el("h1", { id: "title", tabindex: "-1" }, say("registeredTitle")),
    el("p", {}, coded(done.written ? say("registeredWritten") : say("registeredText", { name: state.person.id }))),
    el("pre", { lang: "en", id: "entry" }, done.entry),
    el("div", { class: "buttons" }, el("button", { type: "button", class: "main", on: { click: on.copy } }, say("copy"))),
    el("p", { class: "small" }, say("allDone")))];
}

export function problemView(message, hint, say) {
  return el("div", { class: "panel error", role: "alert" }, el("strong", {}, coded(message)), hint && el("span", {}, `${say("hint")}: `, coded(hint)));
}
