// A case on the desk without the mouse: listen, choose, say why, next.
(() => {
  "use strict";
  const desk = document.getElementById("desk");
  const form = document.getElementById("verdict");
  const reason = document.getElementById("reason");
  const sound = desk.querySelector("audio");
  const chips = document.getElementById("chips");
  chips.hidden = false;

  const chosen = () => form.querySelector('[name="verdict"]:checked');
  const missing = () => chosen() && chosen().value !== desk.dataset.machine && !reason.value.trim();
  const ready = () => (missing() ? reason : document.getElementById("send")).focus();

  const choose = (key) => {
    form.querySelector(`[data-key="${key}"]`).checked = true;
    ready();
  };

  const send = (id) => document.getElementById(id)?.requestSubmit();

  const actions = {
    1: () => choose(1),
    2: () => choose(2),
    3: () => choose(3),
    r: () => reason.focus(),
    s: () => send("skip"),
    u: () => send("undo"),
    " ": () => sound && (sound.paused ? sound.play() : sound.pause()),
  };

  document.addEventListener("keydown", (event) => {
    if (event.target === reason) {
      if (event.key === "Escape") document.getElementById("send").focus();
      if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === " " && event.target.closest("button, summary, a, audio")) {
      if (event.target.id !== "send") return;
    }
    const action = actions[event.key.toLowerCase()];
    if (!action || event.target.closest("input:not([type=radio]), select")) return;
    event.preventDefault();
    action();
  });

  chips.addEventListener("click", (event) => {
    const text = event.target.dataset.reason;
    if (!text) return;
    reason.value = reason.value ? `${reason.value}；${text}` : text;
    ready();
  });

  if (!document.querySelector("[data-focus]")) form.querySelector('[name="verdict"]').focus({ preventScroll: true });
})();
