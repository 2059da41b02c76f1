"use strict";

// Shows the filters, which are of no use without this script, and lets them act.
(() => {
  const form = document.getElementById("filters");
  if (!form) {
    return;
  }
  const cards = Array.from(document.querySelectorAll("article.finding"), (card) => ({
    card,
    severity: card.dataset.severity,
    category: card.dataset.category,
    path: card.dataset.path,
    text: card.textContent.toLowerCase(),
  }));
  const category = document.getElementById("category");
  const path = document.getElementById("path");
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const unfold = document.getElementById("unfold");

  const apply = () => {
    const severities = new Set(
      Array.from(form.querySelectorAll("input[name=severity]:checked"), (box) => box.value),
    );
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const entry of cards) {
      const fits =
        severities.has(entry.severity) &&
        (category.value === "" || category.value === entry.category) &&
        (path.value === "" || path.value === entry.path) &&
        words.every((word) => entry.text.includes(word));
      entry.card.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.textContent = `${count} of ${cards.length} shown`;
    nothing.hidden = count > 0;
  };

  form.addEventListener("input", apply);
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The fields have their first values only after the event.
  form.addEventListener("reset", () => setTimeout(apply));
  unfold.addEventListener("click", () => {
    const open = unfold.getAttribute("aria-pressed") !== "true";
    unfold.setAttribute("aria-pressed", String(open));
    for (const details of document.querySelectorAll("article.finding details")) {
      details.open = open;
    }
  });
  // A link to a finding shows it, whatever the filter says.
  const target = () => {
    const card = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (card && card.hidden) {
      form.reset();
    }
  };
  addEventListener("hashchange", target);

  form.hidden = false;
  apply();
})();
