// Moves and enlarges a map that is whole without it: buttons, keys, wheel with Ctrl, dragging.

const LARGEST = 16;

for (const figure of document.querySelectorAll("[data-map]")) {
  follow(figure, figure.querySelector(".map__drawing"), figure.querySelector(".map__buttons"));
}

function follow(figure, drawing, buttons) {
  const whole = drawing.viewBox.baseVal;
  const all = { x: 0, y: 0, width: whole.width, height: whole.height };
  const words = drawing.querySelectorAll(".map__words, .map__numbers");
  let zoom = 1;
  let centre = { x: all.width / 2, y: all.height / 2 };
  let held = null;

  function show() {
    const width = all.width / zoom;
    const height = all.height / zoom;
    centre.x = Math.min(Math.max(centre.x, width / 2), all.width - width / 2);
    centre.y = Math.min(Math.max(centre.y, height / 2), all.height - height / 2);
    drawing.setAttribute("viewBox", [centre.x - width / 2, centre.y - height / 2, width, height].join(" "));
    for (const layer of words) {
      // Words stay as large as they were, and get room.
      layer.style.fontSize = "";
      layer.style.fontSize = `${parseFloat(getComputedStyle(layer).fontSize) / zoom}px`;
    }
    drawing.classList.toggle("map__drawing--live", zoom > 1);
  }

  function enlarge(factor, at = centre) {
    const before = zoom;
    zoom = Math.min(Math.max(zoom * factor, 1), LARGEST);
    centre = {
      x: at.x + ((centre.x - at.x) * before) / zoom,
      y: at.y + ((centre.y - at.y) * before) / zoom,
    };
    show();
  }

  function pointAt(event) {
    const box = drawing.getBoundingClientRect();
    const width = all.width / zoom;
    const height = all.height / zoom;
    return {
      x: centre.x - width / 2 + ((event.clientX - box.left) / box.width) * width,
      y: centre.y - height / 2 + ((event.clientY - box.top) / box.height) * height,
    };
  }

  const actions = {
    in: () => enlarge(2),
    out: () => enlarge(0.5),
    all: () => enlarge(0),
  };
  buttons.hidden = false;
  buttons.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) actions[button.dataset.zoom]();
  });
  buttons.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step || zoom === 1) return;
    event.preventDefault();
    centre = { x: centre.x + (step[0] * all.width) / zoom / 8, y: centre.y + (step[1] * all.height) / zoom / 8 };
    show();
  });
  // Without Ctrl the wheel turns the page.
  drawing.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    enlarge(event.deltaY < 0 ? 1.25 : 0.8, pointAt(event));
  }, { passive: false });
  drawing.addEventListener("pointerdown", (event) => {
    if (zoom > 1 && event.isPrimary && event.button === 0) held = { at: pointAt(event), moved: false };
  });
  window.addEventListener("pointermove", (event) => {
    if (!held || !event.isPrimary) return;
    const now = pointAt(event);
    const off = { x: held.at.x - now.x, y: held.at.y - now.y };
    if (!held.moved && Math.hypot(off.x, off.y) * zoom < 8) return;
    held.moved = true;
    centre = { x: centre.x + off.x, y: centre.y + off.y };
    show();
  });
  window.addEventListener("pointerup", () => {
    // The click that ends a drag opens nothing.
    if (held && held.moved) drawing.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => drawing.removeEventListener("click", swallow, { capture: true }), 0);
    held = null;
  });
  window.addEventListener("pointercancel", () => { held = null; });
  // Links are dragged as links otherwise.
  drawing.addEventListener("dragstart", (event) => event.preventDefault());
  // Printed is always the whole.
  window.addEventListener("beforeprint", () => enlarge(0));
}

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}
