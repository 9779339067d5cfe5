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

  document.querySelector("[data-focus]")?.focus();
})();
