// Files are looked at before they go in, sent two at a time, and followed until they are audited.
(() => {
  "use strict";
  const form = document.getElementById("upload");
  const chosen = document.getElementById("chosen");
  const rows = document.getElementById("rows");
  const AT_ONCE = 2;
  const WATCHED_AT_ONCE = 3;
  let files = []; // {file, sidecar, row, number}
  const waiting = []; // recordings to be watched
  let watched = 0;

  const element = (name, text, kind) => {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const way = (text, address) => {
    const made = element("a", text);
    made.href = address;
    return made;
  };
  const link = (number) => way(`看录音 ${number}`, `/recordings/${number}`);
  const token = () => document.querySelector('meta[name="csrf-token"]').content;
  const show = (each, ...parts) => each.row.querySelector(".outcome").replaceChildren(...parts);

  const stem = (name) => name.replace(/\.[^./]*$/, "");
  const ways = new WeakMap(); // where dropped files were; a browser does not say
  const path = (file) => ways.get(file) || file.webkitRelativePath || file.name;
  const LOOKED_AT_ONCE = 100;
  const byWay = (list) => {
    const found = new Map();
    for (const file of list) found.set(stem(path(file)), [...(found.get(stem(path(file))) || []), file]);
    return found;
  };

  async function choose(list) {
    const isSidecar = (file) => /\.json$/i.test(file.name);
    const sidecars = byWay(list.filter(isSidecar));
    const sounds = list.filter((file) => !/\.json$/i.test(file.name) && !file.name.startsWith("."));
    if (!sounds.length) return;
    const namesakes = byWay(sounds);
    const found = [];
    for (const file of sounds) {
      const beside = sidecars.get(stem(path(file))) || [];
      const unsure = beside.length > 1 || (beside.length && namesakes.get(stem(path(file))).length > 1);
      found.push({ file, unsure, sidecar: beside.length && !unsure ? await beside[0].text() : "" });
    }
    let looked = "";
    for (let start = 0; start < found.length; start += LOOKED_AT_ONCE) {
      const asked = new FormData();
      for (const each of found.slice(start, start + LOOKED_AT_ONCE)) {
        asked.append("name", path(each.file));
        asked.append("sidecar", each.sidecar);
      }
      const answer = await fetch("/upload/look", { method: "POST", body: asked, headers: headers() });
      if (!answer.ok) return over(answer);
      looked += await answer.text();
    }
    files = found;
    rows.innerHTML = looked;
    [...rows.children].forEach((row, place) => (files[place].row = row));
    for (const each of files) refuseEarly(each);
    form.hidden = true;
    chosen.hidden = false;
    document.getElementById("chosen-title").textContent = `将要上传 ${files.length} 个文件`;
    document.getElementById("chosen-title").focus();
  }

  const headers = () => ({ "X-CSRF-Token": token(), "HX-Request": "true" });

  // The session is over: the small sign-in takes the place of messages, and what is typed stays.
  async function over(answer) {
    const place = document.getElementById("messages");
    place.innerHTML = await answer.text();
    htmx.process(place);
    place.scrollIntoView();
  }

  function refuseEarly(each) {
    const limit = Number(form.dataset.limitMb);
    if (each.file.size > limit * 1024 * 1024) {
      refused(each, `超过 ${limit} MB 的上限`, "请分段上传，或请管理员调大 upload_limit_mb");
    } else if (each.unsure) {
      refused(each, "同名的 JSON 或录音不止一个，分不清哪个属于哪个", "请改成不同的名字，或分几次上传");
    } else if (!each.file.size) {
      refused(each, "文件是空的（0 字节）", "录音没有写入，请重新导出或检查录音设备");
    }
  }

  function refused(each, problem, cure) {
    each.refused = true;
    show(each, element("span", "没有收下", "tag fail"), ` ${problem}。`, element("span", cure, "soft"));
  }

  function metadata(each) {
    const told = {};
    if (each.sidecar) {
      try {
        Object.assign(told, JSON.parse(each.sidecar));
      } catch {
        // said beside the name of the file already
      }
    }
    for (const field of each.row.querySelectorAll("select, input")) {
      if (field.value) told[field.name] = field.value;
      else delete told[field.name];
    }
    return told;
  }

  function send(each) {
    return new Promise((resolve) => {
      const body = new FormData();
      body.append("metadata", new Blob([JSON.stringify(metadata(each))], { type: "application/json" }));
      body.append("file", each.file, each.file.name);
      const bar = document.createElement("progress");
      bar.max = 1;
      bar.setAttribute("aria-label", `上传 ${each.file.name}`);
      const said = element("span", " 上传中", "soft");
      show(each, bar, said);
      const request = new XMLHttpRequest();
      request.open("POST", "/api/v1/recordings");
      request.setRequestHeader("X-CSRF-Token", token());
      request.upload.onprogress = (event) => {
        bar.value = event.loaded / event.total;
        if (event.loaded === event.total) said.textContent = " 正在保存";
      };
      request.onerror = () => (failed(each, "连不上服务", "请检查网络，然后重试"), resolve());
      request.onload = () => (answered(each, request), resolve());
      request.send(body);
    });
  }

  function failed(each, problem, cure) {
    refused(each, problem, cure);
    each.refused = false;
    const again = element("button", "重试", "plain");
    again.type = "button";
    again.onclick = () => send(each).then(count);
    each.row.querySelector(".outcome").append(" ", again);
  }

  // Programs are told `metadata.staff`, people how this page calls it.
  const names = JSON.parse(form.dataset.names);
  const called = (detail) =>
    detail.replace(/(^|;)([a-z_]+(?:\.\w+)*):/g, (all, before, where) => {
      const name = where.split(".").reverse().map((part) => names[part]).find(Boolean);
      return name ? `${before}${name}:` : all;
    });
  const cure = (told) => (told.errors?.length ? "请改正这一行里填写的，或同名的 JSON" : told.cure);

  function answered(each, request) {
    let told = {};
    try {
      told = JSON.parse(request.responseText);
    } catch {
      told = { detail: `服务的应答看不懂（${request.status}）`, cure: "请稍后再试" };
    }
    if (request.status === 401 || request.status === 403) {
      failed(each, told.detail, told.cure);
      fetch("/upload", { headers: headers() }).then((answer) => answer.ok || over(answer));
    } else if (request.status >= 400) {
      failed(each, called(told.detail), cure(told));
    } else {
      each.number = told.id ?? told.pending;
      lock(each);
      if (told.id === null) {
        show(each, element("span", "待补全", "tag soft"), " ", way(`补全 ${told.pending}`, `/pending/${told.pending}`), `：${told.reasons.join("；")}`);
      } else if (!told.new) {
        show(each, element("span", "以前收到过", "tag soft"), " ", link(told.id));
      } else {
        show(each, element("span", "已收下", "tag pass"), " 排队等待 ", link(told.id));
        waiting.push(each);
        watch();
      }
    }
  }

  function lock(each) {
    for (const field of each.row.querySelectorAll("select, input")) field.disabled = true;
  }

  // A browser opens few lines to one address: some are watched, the others wait for their turn.
  function watch() {
    while (watched < WATCHED_AT_ONCE && waiting.length) {
      const each = waiting.shift();
      watched += 1;
      const source = new EventSource(`/api/v1/recordings/${each.number}/events`);
      source.addEventListener("progress", (event) => {
        const told = JSON.parse(event.data);
        if (told.status === "done") show(each, element("span", "稽核完成", "tag pass"), " ", link(each.number));
        else if (told.status === "failed") refused(each, told.failure, ""), show2(each);
        else {
          const share = document.createElement("progress");
          share.value = told.progress;
          share.setAttribute("aria-label", `稽核 ${each.file.name}`);
          show(each, share, ` ${told.status === "queued" ? "排队" : `${Math.round(told.progress * 100)}%`} `, link(each.number));
        }
        if (told.status === "done" || told.status === "failed") end(source);
      });
      source.onerror = () => source.readyState === EventSource.CLOSED && end(source);
    }
  }

  const show2 = (each) => each.row.querySelector(".outcome").append(" ", link(each.number));

  function end(source) {
    source.close();
    watched -= 1;
    watch();
  }

  function count() {
    const there = files.filter((each) => each.number).length;
    document.getElementById("summary").textContent = `已收下 ${there} 个，共 ${files.length} 个。`;
  }

  async function sendAll() {
    const todo = files.filter((each) => !each.number && !each.refused);
    const go = document.getElementById("go");
    go.disabled = true;
    const lines = Array.from({ length: AT_ONCE }, async () => {
      while (todo.length) {
        await send(todo.shift());
        count();
      }
    });
    await Promise.all(lines);
    go.disabled = false;
    go.textContent = "上传其余的";
    go.hidden = files.every((each) => each.number || each.refused);
  }

  // A dropped folder is read with all that is in it.
  async function dropped(items) {
    const found = [];
    const read = async (entry, way) => {
      if (entry.isFile) {
        const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
        ways.set(file, way + file.name);
        found.push(file);
      } else {
        const reader = entry.createReader();
        for (;;) {
          const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
          if (!some.length) return;
          for (const each of some) await read(each, `${way}${entry.name}/`);
        }
      }
    };
    const entries = [...items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    for (const entry of entries) await read(entry, "");
    return found;
  }

  const drop = document.getElementById("drop");
  document.querySelector(".scripted").hidden = false;
  document.getElementById("shared").hidden = true;
  document.getElementById("send").hidden = true;
  for (const name of ["files", "folder"]) {
    document.getElementById(name).addEventListener("change", (event) => choose([...event.target.files]));
  }
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => (event.preventDefault(), drop.classList.add("over")));
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    choose(await dropped(event.dataTransfer.items));
  });
  document.getElementById("go").addEventListener("click", sendAll);
  document.getElementById("clear").addEventListener("click", () => {
    form.reset();
    form.hidden = false;
    chosen.hidden = true;
    document.getElementById("files").focus();
  });
})();
