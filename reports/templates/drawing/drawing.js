// The drawing in a page: pointing at a box lights what leads to it and what it leads to; opening it shows its details,
// which stand in words elsewhere in the page. Without this script each box is a link to those words.
(() => {
  const root = document.currentScript.closest(".drawing");
  const svg = root.querySelector("svg");
  const boxes = new Map([...svg.querySelectorAll(".element")].map((box) => [box.dataset.element, box]));
  const links = [...svg.querySelectorAll(".link")];
  const ahead = new Map(), behind = new Map();
  for (const { dataset: { from, to } } of links) {
    (ahead.get(from) ?? ahead.set(from, new Set()).get(from)).add(to);
    (behind.get(to) ?? behind.set(to, new Set()).get(to)).add(from);
  }

  const reached = (start, steps) => {
    const found = new Set([start]);
    for (const id of found) for (const next of steps.get(id) ?? []) found.add(next);
    return found;
  };

  const light = (id) => {
    const up = reached(id, behind), down = reached(id, ahead);
    for (const [other, box] of boxes) {
      box.classList.toggle("on", up.has(other) || down.has(other));
      box.classList.toggle("here", other === id);
    }
    for (const link of links) {
      const { from, to } = link.dataset;
      link.classList.toggle("on", (up.has(from) && up.has(to)) || (down.has(from) && down.has(to)));
    }
    svg.classList.add("lit");
  };

  const dark = () => {
    svg.classList.remove("lit");
    for (const one of svg.querySelectorAll(".on, .here")) one.classList.remove("on", "here");
  };

  const rest = () => {
    const focused = document.activeElement?.closest?.(".element");
    focused && svg.contains(focused) && focused.matches(":focus-visible") ? light(focused.dataset.element) : dark();
  };

  // Details -----------------------------------------------------------------------------------------------------------

  const dialog = document.createElement("dialog");
  root.append(dialog);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  const show = (box) => {
    const words = document.getElementById(box.getAttribute("href").slice(1))?.closest("li");
    if (!words) return false;
    const body = document.createElement("div");
    body.append(...[...words.cloneNode(true).childNodes]);
    for (const one of body.querySelectorAll("[id]")) one.removeAttribute("id");
    const where = document.createElement("p");
    where.className = "where";
    where.textContent = box.dataset.where;
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = root.dataset.close;
    close.addEventListener("click", () => dialog.close());
    dialog.setAttribute("aria-label", box.getAttribute("aria-label"));
    dialog.replaceChildren(where, body, close);
    dialog.showModal();
    return true;
  };

  // The nearest box in a direction, as the arrow keys ask.
  const neighbour = (box, key) => {
    const at = (one) => { const r = one.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; };
    const [x, y] = at(box);
    let best = null, least = Infinity;
    for (const other of boxes.values()) {
      const [u, v] = at(other), dx = u - x, dy = v - y;
      const along = { ArrowRight: dx, ArrowLeft: -dx, ArrowDown: dy, ArrowUp: -dy }[key];
      const aside = Math.abs(key === "ArrowRight" || key === "ArrowLeft" ? dy : dx);
      if (other !== box && along > 4 && along + 3 * aside < least) [best, least] = [other, along + 3 * aside];
    }
    return best;
  };

  for (const box of boxes.values()) {
    box.addEventListener("pointerenter", () => light(box.dataset.element));
    box.addEventListener("pointerleave", rest);
    box.addEventListener("focus", rest);
    box.addEventListener("blur", rest);
    box.addEventListener("click", (event) => { if (show(box)) event.preventDefault(); });
    box.addEventListener("keydown", (event) => {
      if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      neighbour(box, event.key)?.focus();
    });
  }

  // The whole window --------------------------------------------------------------------------------------------------

  const tools = document.createElement("p");
  tools.className = "tools";
  const enlarge = document.createElement("button");
  enlarge.type = "button";
  const sized = (open) => {
    root.classList.toggle("open", open);
    enlarge.setAttribute("aria-pressed", String(open));
    enlarge.textContent = open ? root.dataset.smaller : root.dataset.larger;
  };
  enlarge.addEventListener("click", () => sized(!root.classList.contains("open")));
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !dialog.open && root.classList.contains("open")) { sized(false); enlarge.focus(); }
  });
  sized(false);
  tools.append(enlarge);
  svg.before(tools);
})();
