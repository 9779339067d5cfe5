// One recording: both sides as waveforms, words that follow the sound, findings as regions, keys for everything.
import WaveSurfer from "./vendor/wavesurfer.esm.js";

const $ = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 720px)").matches;

const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
};

const amounts = (text) => Float32Array.from(atob(text), (each) => each.charCodeAt(0) / 255);

class Recording {
  constructor(player) {
    this.player = player;
    this.audio = $("audio");
    this.entries = JSON.parse(player.dataset.index);
    this.stretch = Number(player.dataset.stretch);
    this.asked = {};
    $("controls").hidden = false;
    this.audio.hidden = true;
    $("more").open = !narrow;
    this.collect();
    this.listen();
    this.draw();
    this.go(location.hash);
  }

  // ---- sound ----
  listen() {
    const { audio } = this;
    const known = () => { if (Number.isFinite(audio.duration)) $("seek").max = audio.duration; this.show(); };
    audio.addEventListener("loadedmetadata", known);
    known();
    for (const name of ["timeupdate", "seeked", "seeking"]) audio.addEventListener(name, () => this.show());
    audio.addEventListener("play", () => { this.label(); this.tick(); });
    audio.addEventListener("pause", () => this.label());
    $("seek").addEventListener("input", (event) => this.seek(Number(event.target.value)));
    $("speed").addEventListener("change", (event) => { audio.playbackRate = Number(event.target.value); });
    $("side").addEventListener("change", (event) => this.side(event.target.value));
    $("controls").addEventListener("click", (event) => {
      const action = event.target.closest("[data-do]")?.dataset.do;
      if (action) this.act(action);
    });
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("click", (event) => this.click(event));
    addEventListener("hashchange", () => this.go(location.hash));
  }

  act(action) {
    const { audio } = this;
    if (action === "play") audio.paused ? audio.play() : audio.pause();
    if (action === "back") this.seek(audio.currentTime - 3);
    if (action === "on") this.seek(audio.currentTime + 3);
    if (action === "next") this.step(1);
    if (action === "previous") this.step(-1);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input:not([type=range]), select, textarea")) return;
    if (event.key === " " && event.target.closest("button, summary, a")) return;
    const actions = { " ": "play", k: "play", j: "back", l: "on", n: "next", p: "previous" };
    const pressed = event.key.toLowerCase();
    if (pressed in actions) this.act(actions[pressed]);
    else if (pressed in { 0: 1, 1: 1, 2: 1 }) this.choose($("side"), { 0: "both", 1: "0", 2: "1" }[pressed]);
    else if (pressed === "[" || pressed === "]") {
      const speed = $("speed");
      const at = speed.selectedIndex + (pressed === "]" ? 1 : -1);
      if (speed.options[at]) this.choose(speed, speed.options[at].value);
    } else return;
    event.preventDefault();
  }

  choose(field, value) {
    field.value = value;
    field.dispatchEvent(new Event("change"));
  }

  label() {
    const button = this.player.querySelector('[data-do="play"]');
    button.textContent = this.audio.paused ? "播放" : "暂停";
    button.setAttribute("aria-pressed", String(!this.audio.paused));
  }

  seek(seconds) {
    const end = Number.isFinite(this.audio.duration) ? this.audio.duration : Infinity;
    this.audio.currentTime = Math.min(Math.max(0, seconds), end);
  }

  // One side in both ears; the graph is made when somebody first asks, because only then a page may sound.
  side(value) {
    if (!this.graph) {
      const context = new AudioContext();
      const source = context.createMediaElementSource(this.audio);
      this.graph = { context, source, splitter: context.createChannelSplitter(2) };
      source.connect(this.graph.splitter);
    }
    const { context, source, splitter } = this.graph;
    source.disconnect();
    splitter.disconnect();
    context.resume();
    if (value === "both") source.connect(context.destination);
    else {
      source.connect(splitter);
      splitter.connect(context.destination, Number(value));
    }
    this.player.dataset.side = value;
  }

  tick() {
    if (this.audio.paused) return;
    this.show();
    requestAnimationFrame(() => this.tick());
  }

  // ---- picture ----
  async draw() {
    const answer = await fetch(this.player.dataset.peaks, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const outline = await answer.json();
    const colours = getComputedStyle($("wave"));
    const shade = ["--left", "--right"].map((name) => colours.getPropertyValue(name).trim());
    $("wave").hidden = false;
    const sides = outline.channels.map(amounts);
    this.wave = WaveSurfer.create({
      container: $("wave"), media: this.audio, peaks: sides, duration: outline.duration, cspNonce: this.player.dataset.nonce,
      height: narrow ? 30 : 44, normalize: false, cursorWidth: 2, cursorColor: colours.color, autoScroll: true,
      splitChannels: sides.map((_, at) => ({ waveColor: shade[at], progressColor: shade[at], overlay: false })),
      waveColor: shade[0], progressColor: shade[0],
    });
    $("seek").max = outline.duration;
    $("side").closest("label").hidden = sides.length < 2;
    this.wave.on("ready", () => this.mark());
    const zoom = $("zoom");
    zoom.addEventListener("input", () => this.wave.zoom(zoom.value === "0" ? 0 : this.scale(Number(zoom.value))));
  }

  scale(value) { // from the whole recording to 100 pixels a second
    const least = $("wave").clientWidth / this.wave.getDuration();
    return least * (Math.max(2, 100 / least) ** (value / 100));
  }

  mark() { // in shares of the whole: the browser lays hundreds of them out at once, and moves them when one zooms
    const whole = this.wave.getDuration();
    const layer = document.createElement("div");
    Object.assign(layer.style, { position: "absolute", inset: "0", zIndex: "5", pointerEvents: "none" });
    layer.setAttribute("part", "findings");
    layer.append(...this.entries.map((entry, at) => {
      const end = entry.e - entry.s > Math.max(1, whole / 4) ? entry.s + 1 : Math.max(entry.e, entry.s + 0.3);
      const place = document.createElement("div");
      Object.assign(place.style, {
        position: "absolute", top: "0", height: "100%", minWidth: "2px", cursor: "pointer", pointerEvents: "all",
        left: `${(100 * entry.s) / whole}%`, width: `${(100 * (Math.min(end, whole) - entry.s)) / whole}%`,
        backgroundColor: entry.v === "fail" ? "rgb(200 60 30 / 24%)" : "rgb(220 160 20 / 20%)",
      });
      place.dataset.entry = at;
      return place;
    }));
    layer.addEventListener("click", (event) => {
      event.stopPropagation(); // the waveform would jump to where one clicked
      this.open(this.entries[Number(event.target.dataset.entry)]);
    });
    this.wave.getWrapper().append(layer);
    this.player.dataset.ready = "yes";
  }

  // ---- words ----
  collect() {
    this.words = [...document.querySelectorAll("#said [data-s]")];
    this.starts = this.words.map((each) => Number(each.dataset.s));
    this.current = null;
  }

  at(seconds) { // the last word that has begun
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= seconds + 0.02) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  show() {
    const seconds = this.audio.currentTime;
    $("now").textContent = clock(seconds);
    if (document.activeElement !== $("seek")) $("seek").value = seconds;
    $("seek").setAttribute("aria-valuetext", clock(seconds));
    const word = this.words[this.at(seconds)] ?? null;
    if (word !== this.current) this.light(word);
    const wanted = Math.floor(seconds / this.stretch) + 1;
    if ($("follow").checked && $("said") && wanted !== Number($("said").dataset.stretch)) this.fetch({ stretch: wanted });
  }

  light(word) {
    this.current?.classList.remove("on");
    this.current?.closest(".line")?.classList.remove("now");
    this.current = word;
    word?.classList.add("on");
    const line = word?.closest(".line");
    line?.classList.add("now");
    if (line && !this.audio.paused && $("follow").checked) this.reveal(line);
  }

  reveal(element) {
    const head = this.player.getBoundingClientRect().bottom;
    const place = element.getBoundingClientRect();
    if (place.top >= head && place.bottom <= innerHeight) return;
    scrollBy({ top: place.top - head - 24, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  click(event) {
    const word = event.target.closest("#said [data-s]");
    if (word) { this.seek(Number(word.dataset.s)); return; }
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.dataset.service) {
      event.preventDefault();
      this.seek(Number(link.dataset.start));
      this.fetch({ service: link.dataset.service });
    } else if (link.dataset.stretch) {
      event.preventDefault();
      $("follow").checked = false;
      this.fetch({ stretch: link.dataset.stretch });
    } else if (link.hash.startsWith("#t=") && link.hash === location.hash) this.go(link.hash);
  }

  // ---- places ----
  async go(hash) {
    if (/^#t=\d+(\.\d+)?$/.test(hash)) {
      const seconds = Number(hash.slice(3));
      this.seek(seconds);
      this.wave?.setTime(seconds);
      return;
    }
    if (/^#finding-\d+$/.test(hash)) {
      const entry = this.entries.find((each) => each.id === Number(hash.slice(9)));
      if (entry) await this.open(entry);
    }
  }

  async open(entry) {
    this.seek(entry.s);
    if ($("found").dataset.service !== String(entry.n)) await this.fetch({ service: entry.n });
    for (const each of document.querySelectorAll(".finding.chosen")) each.classList.remove("chosen");
    const shown = $(`finding-${entry.id}`);
    shown?.classList.add("chosen");
    shown?.focus({ preventScroll: true });
    if (shown) this.reveal(shown);
    history.replaceState(null, "", `#finding-${entry.id}`);
  }

  step(way) {
    const now = this.audio.currentTime;
    const later = this.entries.filter((each) => (way > 0 ? each.s > now + 0.05 : each.s < now - 0.5));
    const entry = way > 0 ? later[0] : later.at(-1);
    if (entry) this.open(entry);
  }

  // Other ten minutes, or another service: the same page, of which one part is taken. The last one that was asked for wins.
  async fetch(wanted) {
    const part = "service" in wanted ? "found" : "said";
    const address = `${location.pathname}?${new URLSearchParams(wanted)}`;
    if (this.asked[part] === address) return;
    this.asked[part] = address;
    const answer = await fetch(address);
    if (!answer.ok || answer.redirected) { location.assign(address + location.hash); return; } // the session is over
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part);
    if (!fresh || this.asked[part] !== address) return;
    $(part).replaceWith(document.adoptNode(fresh));
    this.asked[part] = null;
    this.collect();
    if (part === "found") {
      document.querySelector("#services a[aria-current]")?.removeAttribute("aria-current");
      document.querySelector(`#services a[data-service="${Number(wanted.service)}"]`)?.setAttribute("aria-current", "true");
    }
    this.show();
  }
}

const begin = () => {
  const player = $("player");
  if (player?.dataset.peaks && !player.dataset.begun) {
    player.dataset.begun = "yes";
    window.recording = new Recording(player);
  }
};
begin();
document.addEventListener("htmx:afterSettle", begin);
