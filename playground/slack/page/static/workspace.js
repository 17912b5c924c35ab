// What htmx leaves to do: hearing of changes, keeping what was typed while the page changes, and small comforts.
"use strict";

const body = document.body;
const who = body.dataset.who;

// One stream says that something changed; every part that listens fetches itself anew.
let lately = 0;
const changed = () => {
  clearTimeout(lately);
  lately = setTimeout(() => htmx.trigger(body, "changed"), 20);
};
new EventSource(`/as/${who}/changes`).onmessage = changed;

// What somebody is asked about stays until there is an answer: htmx sends nothing for a button that was taken away.
const sure = document.getElementById("sure");
sure.addEventListener("close", changed);

// A part that came back the same is left alone; one that changed keeps typed values, focus, scrolling and open menus.
const shown = new WeakMap();
let kept = null;
body.addEventListener("htmx:beforeSwap", (event) => {
  const { target, serverResponse, xhr } = event.detail;
  if (xhr.status !== 200) return;
  if (sure.open || shown.get(target) === serverResponse) { event.detail.shouldSwap = false; return; }
  shown.set(target, serverResponse);
  kept = {
    fields: fieldsOf(target), view: target.querySelector("form")?.id, focus: document.activeElement?.name,
    atEnd: target.scrollHeight - target.scrollTop - target.clientHeight < 80, top: target.scrollTop,
    sideways: [...target.querySelectorAll(".carousel")].map((one) => [one.id, one.scrollLeft]),
    inside: target.querySelector(".modal .scroll")?.scrollTop ?? 0,
    menus: new Set([...target.querySelectorAll("details[open][data-action]")].map(menuName)),
  };
});
body.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  const sameView = kept && target.querySelector("form")?.id === kept.view;
  if (sameView) restore(target, kept);
  if ("sticks" in target.dataset) target.scrollTop = !kept || kept.atEnd ? target.scrollHeight : kept.top;
  for (const [id, left] of kept?.sideways ?? []) { const one = document.getElementById(id); if (one) one.scrollLeft = left; }
  for (const image of target.querySelectorAll("img")) image.addEventListener("load", () => { if (kept?.atEnd && "sticks" in target.dataset) target.scrollTop = target.scrollHeight; }, { once: true });
  target.querySelectorAll("details[data-action]").forEach((menu) => { if (kept?.menus.has(menuName(menu))) menu.open = true; });
  target.querySelectorAll(".multi").forEach(summarise);
  if (target.id === "modal" && !sameView) (target.querySelector("[data-focus]") ?? target.querySelector("textarea, input[type=text]"))?.focus();
});

// Which menu it is, also in the page that comes after a change.
const menuName = (menu) => `${menu.parentElement.closest("[id]").id} ${menu.dataset.action}`;

function fieldsOf(target) {
  return [...target.querySelectorAll(".modal [name]")].filter((field) => field.type !== "file")
    .map((field) => [field.name, field.value, field.checked, field.type]);
}

function restore(target, { fields, focus, inside }) {
  const touched = new Set(target.dataset.touched ? JSON.parse(target.dataset.touched) : []);
  for (const [name, value, checked, type] of fields) {
    if (!touched.has(name)) continue;
    for (const field of target.querySelectorAll(".modal [name]")) {
      if (field.name !== name || field.type !== type) continue;
      if (type === "checkbox" || type === "radio") { if (field.value === value) field.checked = checked; } else field.value = value;
    }
  }
  const scroll = target.querySelector(".modal .scroll");
  if (scroll) scroll.scrollTop = inside;
  if (focus) [...target.querySelectorAll(".modal [name]")].find((field) => field.name === focus)?.focus();
}

// Which fields somebody has touched since the modal opened: only those outlive a change of the view.
body.addEventListener("input", ({ target }) => {
  const holder = target.closest("#modal");
  if (!holder || !target.name) return;
  const view = target.form?.id;
  const touched = holder.dataset.view === view && holder.dataset.touched ? JSON.parse(holder.dataset.touched) : [];
  holder.dataset.view = view;
  holder.dataset.touched = JSON.stringify([...new Set([...touched, target.name])]);
});

// "Are you sure?", in a dialog of the page's own.
body.addEventListener("htmx:confirm", (event) => {
  const asked = event.detail.elt.dataset.sure;
  if (!asked) return;
  event.preventDefault();
  const { title, text, confirm, deny, danger } = JSON.parse(asked);
  const [no, yes] = sure.querySelectorAll("button");
  sure.querySelector("h2").textContent = title;
  sure.querySelector("p").innerHTML = text; // made harmless by the server, as all texts are
  no.textContent = deny;
  yes.textContent = confirm;
  yes.classList.toggle("danger", danger);
  no.onclick = () => sure.close();
  yes.onclick = () => { sure.close(); event.detail.issueRequest(true); };
  sure.showModal();
});

// Composers: Enter sends, "/" lists the commands, files are named before they go.
body.addEventListener("keydown", (event) => {
  const composer = event.target.closest?.(".composer");
  if (composer && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
  if (event.key === "Escape") {
    document.querySelectorAll("details[open].menu").forEach((menu) => menu.removeAttribute("open"));
    if (composer) offer(composer, false);
  }
});
body.addEventListener("input", ({ target }) => {
  const composer = target.closest(".composer");
  if (!composer || target.name !== "text") return;
  target.style.height = "auto";
  target.style.height = `${target.scrollHeight}px`;
  offer(composer, /^\/\S*$/.test(target.value), target.value);
});
body.addEventListener("change", ({ target }) => {
  const multi = target.closest(".multi");
  if (multi) summarise(multi);
  const list = target.closest(".composer")?.querySelector(".attached");
  if (list && target.type === "file") {
    list.replaceChildren(...[...target.files].map((file) => Object.assign(document.createElement("li"), { textContent: file.name })));
    list.hidden = !target.files.length;
  }
});
body.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (!target.matches?.(".composer") || !detail.successful) return;
  if (detail.xhr.getResponseHeader("HX-Trigger")?.includes("notice")) return;
  target.reset();
  target.querySelector("textarea").style.height = "";
  target.querySelector(".attached").hidden = true;
  offer(target, false);
  const list = target.parentElement.querySelector("[data-sticks]");
  if (list) list.scrollTop = list.scrollHeight;
});

function offer(composer, wanted, typed = "") {
  const list = composer.querySelector(".commands");
  if (!list) return;
  const fitting = [...list.querySelectorAll("button")].filter((button) => {
    const fits = button.dataset.command.startsWith(typed);
    button.parentElement.hidden = !fits;
    return fits;
  });
  list.hidden = !wanted || !fitting.length;
}

function summarise(multi) {
  const names = [...multi.querySelectorAll("input:checked")].map((box) => box.nextElementSibling.textContent.trim());
  multi.querySelector("summary").textContent = names.join(", ") || multi.dataset.hint;
}

// Clicks: a command from the list, a picture large, panels on narrow windows, the feed to look at.
body.addEventListener("click", (event) => {
  const { target } = event;
  const command = target.closest("[data-command]");
  if (command || target.closest(".slash")) {
    const composer = target.closest(".composer");
    const text = composer.querySelector("textarea");
    text.value = command ? `${command.dataset.command} ` : "/";
    text.focus();
    offer(composer, !command, text.value);
  }
  const picture = target.closest("[data-large]");
  if (picture) {
    event.preventDefault();
    const dialog = document.getElementById("large");
    const small = picture.querySelector("img");
    Object.assign(dialog.querySelector("img"), { src: picture.href, alt: small.alt });
    dialog.showModal();
  }
  if (target.closest("#large")) document.getElementById("large").close();
  const toggle = target.closest("[data-toggle]");
  if (toggle) body.classList.toggle(toggle.dataset.toggle);
  else if (!target.closest(".sidebar")) body.classList.remove("show-sidebar");
  const feed = target.closest("[data-feed]");
  if (feed) {
    document.querySelector(".feeds iframe").src = feed.parentElement.dataset.feeds + feed.dataset.feed;
    for (const one of feed.parentElement.children) one.setAttribute("aria-pressed", one === feed);
  }
  document.querySelectorAll("details[open].menu").forEach((menu) => { if (!menu.contains(target) || target.closest(".menu > div")) menu.removeAttribute("open"); });
});

let passing = 0;
body.addEventListener("notice", ({ detail }) => {
  const notice = document.getElementById("notice");
  notice.textContent = detail.value;
  notice.classList.add("shown");
  clearTimeout(passing);
  passing = setTimeout(() => notice.classList.remove("shown"), 5000);
});
