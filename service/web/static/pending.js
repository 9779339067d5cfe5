// The list of what waits: all of the page are ticked at once, and how many are is said on the button.
(() => {
  "use strict";
  const form = document.getElementById("several");
  if (!form) return;
  const all = document.getElementById("all");
  const ticks = [...form.querySelectorAll('[name="id"]')];
  const tell = () => {
    const count = ticks.filter((each) => each.checked).length;
    all.checked = count === ticks.length;
    all.indeterminate = count > 0 && count < ticks.length;
    document.getElementById("count").textContent = count ? ` ${count} 个` : "";
  };
  all.addEventListener("change", () => {
    for (const each of ticks) each.checked = all.checked;
  });
  form.addEventListener("change", tell);
  window.addEventListener("pageshow", tell); // ticks come back with the page
  all.closest("label").hidden = false;
  tell();
})();
