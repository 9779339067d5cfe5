// Words selected in the transcript lead to the page that marks what the program missed.
(() => {
  "use strict";
  const way = document.getElementById("mark");
  if (!way) return;
  const said = () => document.getElementById("said");

  const tokens = (selection) =>
    [...said().querySelectorAll("[data-s]")].filter((each) => selection.containsNode(each, true));

  document.addEventListener("selectionchange", () => {
    const selection = getSelection();
    const chosen = selection.isCollapsed || !said() ? [] : tokens(selection);
    way.hidden = chosen.length === 0;
    if (way.hidden) return;
    const last = chosen[chosen.length - 1];
    const next = last.nextElementSibling?.dataset.s ?? last.closest("[data-end]").dataset.end;
    way.href = `/recordings/${way.dataset.recording}/mark?start=${chosen[0].dataset.s}&end=${next}`;
  });
})();
