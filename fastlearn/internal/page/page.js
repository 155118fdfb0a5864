
(() => {
  "use strict";
  // Choices about the top losses, downloaded as comma-separated values. They outlast their pictures: a
  // live page shows others after each epoch.
  const chosen = new Map();
  const choose = () => {
    const choices = document.getElementById("choices");
    if (!choices || !("choose" in choices.dataset)) return;
    const classes = document.getElementById("classes");
    const selects = [...choices.querySelectorAll("select")];
    const changed = document.getElementById("changed");
    for (const s of selects) {
      const group = document.createElement("optgroup");
      group.label = "another class";
      for (const o of classes.content.children) {
        if (o.textContent === s.dataset.label) continue;
        if (o.textContent !== s.dataset.predicted) group.append(o.cloneNode(true));
        else group.prepend(o.cloneNode(true)); // what the model takes it for comes first, and by one click
      }
      if ("predicted" in s.dataset) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "as";
        button.textContent = "Relabel as " + s.dataset.predicted;
        button.addEventListener("click", () => {
          s.value = "relabel:" + s.dataset.predicted;
          s.dispatchEvent(new Event("change", { bubbles: true }));
        });
        s.closest("li").append(button);
      }
      s.append(group);
      if (!chosen.has(s.dataset.path)) continue;
      const { choice } = chosen.get(s.dataset.path);
      s.value = choice;
      if (s.value !== choice) { // the class was one of other data
        s.append(new Option(choice.replace("relabel:", ""), choice));
        s.value = choice;
      }
    }
    const count = () => {
      for (const s of selects) {
        s.closest("li").classList.toggle("deleted", s.value === "delete");
        if (s.value === "keep") chosen.delete(s.dataset.path);
        else chosen.set(s.dataset.path, { label: s.dataset.label, choice: s.value });
      }
      const hidden = [...chosen.keys()].filter((path) => !selects.some((s) => s.dataset.path === path)).length;
      changed.textContent = chosen.size - hidden + " of " + selects.length + " to change" + (hidden ? ", and " + hidden + " of before" : "");
    };
    choices.addEventListener("change", count);
    count();
    const quoted = (text) => '"' + text.replaceAll('"', '""') + '"';
    const button = document.getElementById("download");
    button.disabled = false;
    button.addEventListener("click", () => {
      const rows = new Map(chosen);
      for (const s of selects) rows.set(s.dataset.path, { label: s.dataset.label, choice: s.value });
      const lines = [["path", "label", "choice"], ...[...rows].map(([path, c]) => [path, c.label, c.choice])];
      const text = lines.map((line) => line.map(quoted).join(",") + "\r\n").join("");
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
      link.download = "choices.csv";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  };
  choose();

  // Tables are sorted by a column's head, and again the other way. A live page's stay sorted.
  const sorted = new Map();
  const number = (cell) => parseFloat(cell.textContent.replaceAll(",", "").replace("−", "-"));
  const sort = (table, k, way) => {
    const body = table.tBodies[0], cells = (row) => row.cells[k];
    const numbers = k > 0; // names come first
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [cells(a), cells(b)];
      const d = numbers ? number(x) - number(y) : x.textContent.localeCompare(y.textContent, undefined, { numeric: true });
      if (Number.isNaN(d)) return Number.isNaN(number(x)) - Number.isNaN(number(y)); // what is no number comes last
      return way * d;
    });
    body.append(...rows);
    [...table.tHead.rows[0].cells].forEach((c, i) => {
      if (i === k) c.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      else c.removeAttribute("aria-sort");
    });
  };
  const sortable = (root) => {
    for (const table of root.querySelectorAll("table.sortable")) {
      const name = table.parentElement.getAttribute("aria-label");
      [...table.tHead.rows[0].cells].forEach((head, k) => {
        if (head.tagName !== "TH" || head.querySelector("button")) return;
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sort";
        button.id = "sort-" + name.replaceAll(" ", "-") + "-" + k;
        button.textContent = head.textContent;
        button.addEventListener("click", () => {
          const first = /^(Pictures|Training|Validation)$/.test(head.textContent) ? -1 : 1; // the most pictures, or the worst score, first
          const was = sorted.get(name);
          const way = was && was.k === k ? -was.way : first;
          sorted.set(name, { k, way });
          sort(table, k, way);
        });
        head.replaceChildren(button);
      });
      const { k, way } = sorted.get(name) ?? {};
      if (way) sort(table, k, way);
    }
  };
  sortable(document);

  // A live page: parts of it come anew as the training goes on.
  const address = document.body.dataset.live;
  if (!address) return;
  const most = 20; // fits
  const link = document.getElementById("link");
  const say = (text) => { link.textContent = text; link.hidden = !text; };
  const put = (id, html) => {
    let part = document.getElementById(id);
    if (!part && id.startsWith("run-")) {
      const none = document.getElementById("nofits");
      if (none) none.remove();
      const runs = document.getElementById("runs");
      part = document.createElement("div");
      part.className = "run";
      part.id = id;
      runs.prepend(part); // the newest comes first
      while (runs.children.length > most) runs.lastElementChild.remove();
    }
    if (!part) return;
    // What was scrolled, enlarged or has the focus stays so.
    const regions = (p) => [...p.querySelectorAll(".scroll")];
    const atEnd = (r) => r.scrollTop + r.clientHeight >= r.scrollHeight - 2;
    const before = regions(part).map((r) => [r.scrollLeft, r.scrollTop, r === document.activeElement, atEnd(r)]);
    const opened = [...part.querySelectorAll(".all input, .whole")].map((e) => e.checked || e.open);
    const zoomed = new Set([...part.querySelectorAll("details[open] img")].map((m) => m.src));
    const of = "select, button, summary, .all input";
    const key = (e) => e.dataset.path || e.id || e.querySelector("img")?.src;
    const active = document.activeElement;
    const focused = part.contains(active) && active.matches(of) && key(active);
    part.innerHTML = html;
    if (part.className === "run") { // one that has lost its oldest fit has another name
      for (const run of document.querySelectorAll(".run")) {
        if (run !== part && [...run.querySelectorAll("tbody")].some((b) => part.querySelector("#" + b.id))) run.remove();
      }
    }
    if (id === "losses") choose();
    sortable(part);
    [...part.querySelectorAll(".all input, .whole")].forEach((e, i) => { e["checked" in e ? "checked" : "open"] = opened[i] ?? false; });
    for (const m of part.querySelectorAll("details img")) {
      if (zoomed.has(m.src)) m.closest("details").open = true;
    }
    regions(part).forEach((r, i) => {
      if (!before[i]) return;
      [r.scrollLeft, r.scrollTop] = before[i];
      if (before[i][3] && r.querySelector(".epochs")) r.scrollTop = r.scrollHeight; // the newest epoch
      if (before[i][2]) r.focus({ preventScroll: true });
    });
    if (focused) [...part.querySelectorAll(of)].find((e) => key(e) === focused)?.focus({ preventScroll: true });
  };
  const events = new EventSource(address);
  events.addEventListener("parts", (e) => {
    say("");
    for (const [id, html] of Object.entries(JSON.parse(e.data))) put(id, html);
  });
  events.addEventListener("end", () => { events.close(); say("The program has closed this page: it stays as it is."); });
  events.onerror = () => say(events.readyState === EventSource.CLOSED ? "The connection was closed: reload the page to try again." : "The connection is lost; trying again …");
})();
