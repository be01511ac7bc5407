// Django's search-as-you-type choices have no name for screen readers: give them their label.
function nameChoices() {
  for (const choice of document.querySelectorAll(".select2-selection, .select2-selection__rendered")) {
    const row = choice.closest(".form-row, .fieldBox");
    const label = row && row.querySelector("label");
    if (label) choice.setAttribute("aria-label", label.textContent.trim());
  }
}

// They appear after the page has loaded, and again with every row that is added.
nameChoices();
new MutationObserver(nameChoices).observe(document.body, { childList: true, subtree: true });
