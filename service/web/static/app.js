// What every page shares: the token of the session for htmx, and the focus where it helps.
(() => {
  "use strict";
  const token = () => document.querySelector('meta[name="csrf-token"]');

  document.addEventListener("htmx:configRequest", (event) => {
    if (token()) event.detail.headers["X-CSRF-Token"] = token().content;
  });

  // After a sign-in inside the page, its forms carry the token of the new session.
  document.addEventListener("speechaudit:csrf", (event) => {
    const fresh = event.detail.value;
    if (token()) token().content = fresh;
    for (const field of document.querySelectorAll('input[name="csrf"]')) field.value = fresh;
  });

  document.addEventListener("htmx:sendError", () => {
    const place = document.getElementById("messages");
    const said = document.createElement("p");
    said.className = "said fail";
    said.textContent = "连不上服务。请检查网络，然后再试；页面上填写的内容还在。";
    place.replaceChildren(said);
  });

  // A stretch that cannot be played says so; its events do not bubble, and the first may be over already.
  const silent = (audio) => {
    if (audio.id === "audio" || audio.nextElementSibling?.className === "said wait") return;
    const said = document.createElement("p");
    said.className = "said wait";
    said.textContent = "这段声音现在放不出来。请稍后刷新页面，或听整个录音。";
    audio.after(said);
  };
  document.addEventListener("error", (event) => event.target.matches("audio") && silent(event.target), true);
  for (const each of document.querySelectorAll("audio")) if (each.error) silent(each);

  document.querySelector("[data-focus]")?.focus();
})();
