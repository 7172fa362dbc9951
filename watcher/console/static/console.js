// Renews the parts marked data-live. Without this script the page is whole; it only stands still.
"use strict";

const status = document.getElementById("live");
const seconds = Number(status.dataset.every);
const parts = () => [...document.querySelectorAll("[data-live]")];
let paused = false;

function inUse(part) {
  const selection = document.getSelection();
  const selected = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  const focused = document.activeElement;
  return selected || (focused && focused !== part && part.contains(focused));
}

async function renew() {
  if (paused || document.hidden || !parts().length) return;
  try {
    const reply = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(seconds * 2000) });
    const renewed = new DOMParser().parseFromString(await reply.text(), "text/html");
    for (const part of parts()) {
      const next = renewed.getElementById(part.id);
      if (next && !inUse(part) && next.innerHTML !== part.innerHTML) part.replaceChildren(...next.childNodes);
    }
    say(reply.ok ? `Renewed at ${new Date().toLocaleTimeString()}.` : `Not renewed: ${reply.status}.`);
  } catch {
    say("Not renewed: the watcher does not answer.");
  }
}

const said = document.createElement("span");
const button = document.createElement("button");

function say(sentence) {
  said.textContent = ` ${sentence} `;
}

function toggle() {
  paused = !paused;
  button.textContent = paused ? "Go on" : "Pause";
  button.setAttribute("aria-pressed", String(paused));
  if (!paused) renew();
}

if (parts().length) {
  button.type = "button";
  button.className = "quiet";
  button.textContent = "Pause";
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", toggle);
  say(`Renewed every ${seconds} s.`);
  status.append(said, button);
  setInterval(renew, seconds * 1000);
}
