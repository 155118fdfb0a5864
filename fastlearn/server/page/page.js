"use strict";
const $ = (id) => document.getElementById(id);
let current; // the request in hand, which a new picture cancels

// state is the page's: "busy", "failed" or "done".
function show(state, status) {
  document.body.classList.toggle("busy", state === "busy");
  document.body.classList.toggle("failed", state === "failed");
  $("status").textContent = status;
  if (state !== "done") {
    $("classes").replaceChildren();
    $("details").textContent = "";
  }
}

function element(name, className, text) {
  const e = document.createElement(name);
  e.className = className;
  e.textContent = text;
  return e;
}

function row({ label, probability }) {
  const li = document.createElement("li");
  const track = element("div", "track", "");
  const bar = element("div", "bar", "");
  bar.style.width = 100 * probability + "%";
  track.append(bar);
  li.append(element("span", "name", label), element("span", "part", (100 * probability).toFixed(1) + " %"), track);
  return li;
}

// previewed says whether the chosen picture is there to be seen.
function previewed(on) {
  $("preview").hidden = !on;
  $("choose").textContent = on ? "Choose another picture" : "Choose a picture";
  document.body.classList.toggle("chosen", on);
}

function preview(file) {
  URL.revokeObjectURL($("preview").src);
  $("preview").src = URL.createObjectURL(file);
  previewed(true);
}
$("preview").onerror = () => previewed(false); // a TIFF file, for instance, or none at all

async function predict(file) {
  current?.abort();
  const request = current = new AbortController();
  preview(file);
  show("busy", "Looking at it …");
  try {
    const reply = await fetch("api/predict", {
      method: "POST", body: file, signal: request.signal,
      headers: { "Content-Type": "application/octet-stream" },
    });
    const said = await reply.json().catch(() => ({})); // a proxy's own page is none of ours
    if (!reply.ok || !said.top) throw new Error(said.error ?? `The answer can't be read; its status is ${reply.status}.`);
    show("done", said.label || "None of its classes");
    $("classes").replaceChildren(...said.top.map(row));
    $("details").textContent = `${said.width} × ${said.height} pixels, ${said.milliseconds.toFixed(0)} ms`;
  } catch (err) {
    if (request.signal.aborted) return; // another picture was chosen
    show("failed", err instanceof TypeError ? "The server can't be reached, or refused the file." : err.message);
  }
}

// take begins with the first file of what was dropped, pasted or chosen.
function take(files) {
  if (files.length > 0) predict(files[0]);
}

$("file").addEventListener("change", () => { take($("file").files); $("file").value = ""; }); // so that the same one can be chosen again
let depth = 0; // elements under what is dragged
addEventListener("dragenter", (e) => { e.preventDefault(); depth++; document.body.classList.add("over"); });
addEventListener("dragleave", () => { if (--depth === 0) document.body.classList.remove("over"); });
addEventListener("dragover", (e) => e.preventDefault());
addEventListener("drop", (e) => {
  e.preventDefault();
  depth = 0;
  document.body.classList.remove("over");
  take(e.dataTransfer.files);
});
addEventListener("paste", (e) => take(e.clipboardData.files));

// sample is a picture to try, by a click.
function sample(_, k) {
  const li = document.createElement("li");
  const button = element("button", "", "");
  const img = document.createElement("img");
  button.type = "button";
  img.src = "samples/" + k;
  img.alt = "Sample " + (k + 1);
  button.append(img);
  button.addEventListener("click", async () => {
    const reply = await fetch(img.src).catch(() => null);
    if (reply?.ok) predict(await reply.blob());
    else show("failed", "The server can't be reached.");
  });
  li.append(button);
  return li;
}

// the model's name, its classes to be unfolded, and samples
fetch("api/model").then((reply) => reply.json()).then(({ name, classes, samples }) => {
  document.title = name + ": " + document.title;
  $("model").querySelector("summary").textContent = classes.length ? `The model ${name} tells ${classes.length} classes apart` : `The model ${name} gives numbers`;
  $("model").querySelector("p").textContent = classes.join(", ");
  $("model").hidden = false;
  const list = document.createElement("ul");
  list.append(...Array.from({ length: samples ?? 0 }, sample));
  $("samples").append(list);
  $("samples").hidden = !samples;
}).catch(() => {}); // the page does without
