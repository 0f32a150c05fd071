// What the page does: opens the link's session, asks the desk, asks the passkey, shows what came of it.
import { el } from "/dom.js";
import { actView, approvedView, exactlyView, invitationView, leftView, problemView, proposalView, registeredView } from "/show.js";
import { planExactlyView, planView } from "/plan.js";
import { WORDS } from "/words.js";

const main = document.getElementById("main");
let session = sessionStorage.getItem("session");
let language = navigator.language.startsWith("ja") ? "ja" : "en";
let draw = () => {};

class Refused extends Error {
  constructor(error) { super(error.message); this.hint = error.hint; }
}

// Words in the language of the page: say("position", {position: 1}), say.one({en, ja}), say.both({en, ja}).
function say(name, values = {}) {
  const words = WORDS[language][name];
  return typeof words === "string" ? words.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "") : words;
}
say.one = (words) => words[language] ?? words.en;
say.both = (words) => [language, language === "en" ? "ja" : "en"].map((lang) => ({ lang, text: words[lang] ?? "" }));
say.date = (instant) => new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(new Date(instant));

async function ask(question, said = {}) {
  let answer;
  try {
    answer = await fetch(`/${question}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(session ? { "X-Ringi-Session": session } : {}) },
      body: JSON.stringify(said),
    });
  } catch { throw new Refused({ message: say("lost") }); }
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told.error);
  return told;
}

function show(view, andFocus = true) {
  draw = () => { main.replaceChildren(...view().flat().filter(Boolean)); };
  draw();
  if (andFocus) { window.scrollTo(0, 0); document.getElementById("title")?.focus({ preventScroll: true }); }
}

function problem(error) {
  const place = document.getElementById("problem") ?? main;
  place.replaceChildren(problemView(error instanceof Refused ? error.message : ofBrowser(error), error.hint, say));
}

function ofBrowser(error) {
  if (error.name === "NotAllowedError" || error.name === "AbortError") return say("cancelled");
  return error.name === "InvalidStateError" ? say("already") : error.message;
}

const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const encode = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// One press, one question: the buttons rest until it is answered.
async function pressed(button, waiting, work) {
  const before = button.textContent;
  const all = [...main.querySelectorAll("button")];
  all.forEach((each) => { each.disabled = true; });
  button.textContent = waiting;
  document.getElementById("problem")?.replaceChildren();
  document.getElementById("live").textContent = waiting;
  try { await work(); } catch (error) { problem(error); } finally {
    all.forEach((each) => { each.disabled = false; });
    button.textContent = before;
    document.getElementById("live").textContent = "";
  }
}

// What is answered, by name, so that a second click or tab answers nothing that it does not show.
const about = (state) => (state.kind === "plan" ? { plan: state.proposal.plan } : { metric: state.proposal.metric });

async function approve(state) {
  const asked = await ask("challenge", about(state));
  const given = await navigator.credentials.get({ publicKey: {
    challenge: decode(asked.challenge),
    rpId: asked.rp_id,
    allowCredentials: asked.passkeys.map((id) => ({ type: "public-key", id: decode(id) })),
    userVerification: "required",
    timeout: 300000,
  } });
  const done = await ask("answer", { ...about(state), assertion: {
    credential_id: encode(given.rawId),
    authenticator_data: encode(given.response.authenticatorData),
    client_data_json: encode(given.response.clientDataJSON),
    signature: encode(given.response.signature),
  } });
  show(() => approvedView(state, done, say, { next: load }));
}

async function register(state) {
  const { options, person } = state;
  const made = await navigator.credentials.create({ publicKey: {
    challenge: decode(options.challenge),
    rp: { id: options.rp_id, name: "Ringi" },
    user: { id: decode(options.user_id), name: person.id, displayName: person.name },
    pubKeyCredParams: options.algorithms.map((alg) => ({ type: "public-key", alg })),
    excludeCredentials: options.exclude.map((id) => ({ type: "public-key", id: decode(id) })),
    authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
    attestation: "none",
    timeout: 300000,
  } });
  const done = await ask("register", {
    authenticator_data: encode(made.response.getAuthenticatorData()),
    client_data_json: encode(made.response.clientDataJSON),
  });
  const copy = async (event) => {
    await navigator.clipboard.writeText(done.entry);
    event.target.textContent = say("copied");
  };
  show(() => registeredView(state, done, say, { copy }));
}

function proposal(state) {
  const views = () => (state.kind === "plan" ? [...planView(state, say), planExactlyView(state, say)] : [...proposalView(state, say), exactlyView(state, say)]);
  show(() => [...views(), actView(state, say, {
    approve: (event) => pressed(event.target, say("approving"), () => approve(state)),
    leave: (event) => pressed(event.target, say("loading"), async () => {
      const { left } = await ask("leave", about(state));
      show(() => leftView(state, left, say, { next: load }));
    }),
  })]);
}

async function load() {
  try {
    const state = await ask("proposal");
    if (!window.PublicKeyCredential) throw new Refused({ message: say("noPasskeys") });
    if (state.kind === "registration") {
      show(() => invitationView(state, say, { register: (event) => pressed(event.target, say("registering"), () => register(state)) }));
    } else if (state.proposal) proposal(state);
    else show(() => [el("section", { class: "panel done" }, el("h1", { id: "title", tabindex: "-1" }, say("allDone")))]);
  } catch (error) { show(() => [problemView(error.message, error.hint, say)]); }
}

async function open() {
  const token = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);  // the link works once; it need not stay in the history
  if (token) {
    session = null;
    try { ({ session } = await ask("open", { token })); } catch (error) { show(() => [problemView(error.message, error.hint, say)]); return; }
    sessionStorage.setItem("session", session);
  }
  if (session) await load();
  else show(() => [problemView(say("noLink"), null, say)]);
}

function speak(wanted) {
  language = wanted;
  document.documentElement.lang = wanted;
  for (const button of document.querySelectorAll("[data-language]")) button.setAttribute("aria-pressed", String(button.dataset.language === wanted));
  for (const place of document.querySelectorAll("[data-words]")) place.textContent = say(place.dataset.words);
  draw();
}

for (const button of document.querySelectorAll("[data-language]")) button.addEventListener("click", () => speak(button.dataset.language));
speak(language);
main.replaceChildren(el("p", { class: "secondary" }, say("loading")));
await open();
