// Asks a question of the API that config.json names, and shows the answer with its sources.

const TIMEOUT_MS = 30_000;

class Unavailable extends Error {}

async function readJson(url, options = {}) {
  let answer;
  try {
    answer = await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Unavailable("The service cannot be reached. Please try again in a moment.");
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok && body) return body;
  throw new Unavailable(body?.error?.message ?? "The service did not answer. Please try again in a moment.");
}

// Read anew for every question: after a failover it names the other region's API.
async function apiUrl() {
  const config = await readJson("config.json", { cache: "no-store" });
  if (typeof config.apiUrl !== "string") throw new Unavailable("The page's configuration is incomplete.");
  return config.apiUrl.endsWith("/") ? config.apiUrl : `${config.apiUrl}/`;
}

async function ask(question) {
  return readJson(`${await apiUrl()}docs`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ question }),
  });
}

function documentName(uri) {
  return decodeURIComponent(uri.slice(uri.lastIndexOf("/") + 1));
}

function citationItem({ uri, text }) {
  const item = document.createElement("li");
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  const quote = document.createElement("blockquote");
  summary.textContent = documentName(uri);
  quote.textContent = text;
  details.append(summary, quote);
  item.append(details);
  return item;
}

function show({ response, citations, region }) {
  document.getElementById("response").textContent = response;
  document.getElementById("citations").replaceChildren(...citations.map(citationItem));
  document.getElementById("answer").hidden = false;
  return `Answered from ${region}.`;
}

document.getElementById("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  const status = document.getElementById("status");
  button.disabled = true;
  status.textContent = "Looking through the documents…";
  try {
    status.textContent = show(await ask(event.target.question.value.trim()));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    status.textContent = error.message;
  } finally {
    button.disabled = false;
  }
});
