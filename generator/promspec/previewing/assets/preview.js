"use strict";
/* The theme before the first paint; then search, filters and legends. Pages work without it. */
(() => {
  const root = document.documentElement;
  const stored = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("promspec-theme");
      localStorage.setItem("promspec-theme", value);
    } catch (error) { /* a page from a file may have no storage */ }
    return null;
  };
  const wanted = stored();
  if (wanted === "dark" || wanted === "light") root.dataset.theme = wanted;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

  function theme() {
    const button = document.getElementById("theme");
    const say = () => {
      button.textContent = dark() ? "Light" : "Dark";
      button.setAttribute("aria-label", `Switch to ${dark() ? "light" : "dark"} colours`);
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      stored(root.dataset.theme);
      say();
    });
    system.addEventListener("change", say);
    say();
  }

  /* Every word must occur; names that begin with the text come first, then names that hold it. */
  function ranked(entries, text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const found = [];
    for (const entry of entries) {
      const name = entry[1].toLowerCase();
      const all = `${entry[0]} ${name} ${entry[2]}`.toLowerCase();
      if (!words.every((word) => all.includes(word))) continue;
      const rank = name === words[0] ? 0 : name.startsWith(words[0]) ? 1 : name.includes(words[0]) ? 2 : 3;
      found.push([rank, found.length, entry]);
    }
    found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return found.map((item) => item[2]);
  }

  function search() {
    const input = document.getElementById("search");
    const list = document.getElementById("found");
    const status = document.getElementById("status");
    const entries = JSON.parse(document.getElementById("index").textContent);
    let chosen = -1;
    document.querySelector(".search").hidden = false;

    const choose = (index) => {
      const rows = list.children;
      if (chosen >= 0 && rows[chosen]) rows[chosen].removeAttribute("aria-selected");
      chosen = rows.length ? (index + rows.length) % rows.length : -1;
      if (chosen < 0) return input.removeAttribute("aria-activedescendant");
      rows[chosen].setAttribute("aria-selected", "true");
      rows[chosen].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", rows[chosen].id);
    };
    const close = () => {
      list.hidden = true;
      chosen = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const row = ([kind, name, said, address], index) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      item.id = `found-${index}`;
      item.setAttribute("role", "option");
      link.href = address;
      link.tabIndex = -1;
      for (const [tag, text] of [["span", kind], ["b", name], ["small", said]]) {
        link.append(Object.assign(document.createElement(tag), { textContent: text }));
      }
      link.addEventListener("click", close);
      item.append(link);
      return item;
    };
    const show = () => {
      const found = ranked(entries, input.value);
      list.replaceChildren(...found.slice(0, 40).map(row));
      chosen = -1;
      const asked = input.value.trim() !== "";
      status.textContent = asked ? `${found.length} found` : "";
      if (asked && !found.length) {
        const none = document.createElement("li");
        none.className = "none";
        none.textContent = "Nothing found";
        list.append(none);
      }
      list.hidden = !asked;
      input.setAttribute("aria-expanded", String(asked && found.length > 0));
      input.removeAttribute("aria-activedescendant");
    };
    input.addEventListener("input", show);
    input.addEventListener("focus", show);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") choose(chosen + 1);
      else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
      else if (event.key === "Enter") list.querySelectorAll("a")[Math.max(chosen, 0)]?.click();
      else if (event.key === "Escape") { input.value = ""; close(); }
      else return;
      event.preventDefault();
    });
    document.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".search")) close();
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.focus();
    });
  }

  function filter() {
    const box = document.querySelector(".filter");
    if (!box) return;
    const input = box.querySelector("input");
    const items = [...document.querySelectorAll("[data-filter]")].map((item) => [item, item.textContent.toLowerCase()]);
    box.hidden = false;
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const [item, text] of items) {
        item.hidden = !words.every((word) => text.includes(word));
        if (!item.hidden) shown += 1;
      }
      box.querySelector("[data-shown]").textContent = shown;
    });
    /* What a link leads to is shown, whatever is filtered. */
    const reveal = () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (target) target.hidden = false;
    };
    addEventListener("hashchange", reveal);
  }

  /* A click on a series shows it alone; another brings all back. */
  function legends() {
    for (const panel of document.querySelectorAll(".panel")) {
      const buttons = [...panel.querySelectorAll("[data-of]")];
      for (const button of buttons) {
        button.addEventListener("click", () => {
          const alone = button.getAttribute("aria-pressed") !== "true";
          for (const each of buttons) each.setAttribute("aria-pressed", String(alone && each === button));
          for (const line of panel.querySelectorAll("[data-series]")) {
            line.classList.toggle("hushed", alone && line.dataset.series !== button.dataset.of);
          }
        });
      }
    }
  }

  function opened() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (const each of target ? target.querySelectorAll("details") : []) each.open = true;
  }

  // On a phone the pages stand in one line that scrolls.
  function here() {
    const page = document.querySelector(".side [aria-current]"), line = page && page.closest(".side");
    if (line) line.scrollLeft = page.offsetLeft - (line.clientWidth - page.offsetWidth) / 2;
  }

  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll("details:not([open])")) {
      each.open = true;
      each.dataset.printed = "";
    }
  });
  addEventListener("afterprint", () => {
    for (const each of document.querySelectorAll("[data-printed]")) {
      each.open = false;
      delete each.dataset.printed;
    }
  });
  addEventListener("hashchange", opened);
  document.addEventListener("DOMContentLoaded", () => {
    theme();
    search();
    filter();
    legends();
    opened();
    here();
  });
})();
