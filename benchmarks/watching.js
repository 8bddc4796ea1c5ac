// Put into the page before anything of it runs: notes when frames of a run arrive and when a canvas has changed since.
// The product's code is not touched; a draw counts as painted in the first task after the frame it was made in.
(() => {
  const LONG = 100;            // points in one line: a curve, not an axis
  const seen = { frames: [], paints: [], firstCurve: 0, firstLive: 0 };
  window.__seen = seen;
  const pending = [];
  const canvases = new Set();
  const lengths = new WeakMap();
  let isDirty = false;
  let hasCurve = false;

  const showsOwnPoints = () => {
    const roots = [...document.querySelectorAll("*")].map(({ shadowRoot }) => shadowRoot).filter(Boolean);
    return roots.some((root) => root.querySelector("[data-shown=run]:not([data-points='0'])"));
  };

  const painted = () => {
    isDirty = false;
    const now = Date.now();
    if (hasCurve) seen.firstCurve ||= now;
    if (!seen.firstLive && showsOwnPoints()) seen.firstLive = now;
    for (const frame of pending.splice(0)) seen.paints.push({ ...frame, painted: now });
  };
  const afterPaint = new MessageChannel();
  afterPaint.port1.onmessage = painted;

  const note = (context) => {
    canvases.add(context.canvas);
    if (isDirty) return;
    isDirty = true;
    requestAnimationFrame(() => afterPaint.port2.postMessage(0));
  };
  const counted = (prototype) => {
    const { lineTo } = prototype;
    prototype.lineTo = function (x, y) {
      lengths.set(this, (lengths.get(this) ?? 0) + 1);
      return lineTo.call(this, x, y);
    };
  };
  counted(CanvasRenderingContext2D.prototype);
  counted(Path2D.prototype);
  const { beginPath, stroke } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.beginPath = function () {
    lengths.set(this, 0);
    return beginPath.call(this);
  };
  CanvasRenderingContext2D.prototype.stroke = function (...path) {
    hasCurve ||= (lengths.get(path[0] ?? this) ?? 0) >= LONG;
    note(this);
    return stroke.apply(this, path);
  };

  // How often the pixels of the canvases differ, looked at ten times a second: which costs more than the page itself.
  window.__countPictures = (seconds) => new Promise((resolve) => {
    let [before, pictures] = ["", -1];
    const timer = setInterval(() => {
      let now = "";
      for (const canvas of canvases) now += canvas.isConnected ? canvas.toDataURL("image/webp", 0.1) : "";
      if (now !== before) pictures += 1;
      before = now;
    }, 100);
    setTimeout(() => { clearInterval(timer); resolve(pictures / seconds); }, seconds * 1000);
  });

  window.WebSocket = class extends WebSocket {
    constructor(...address) {
      super(...address);
      if (String(address[0]).includes("/live/")) this.addEventListener("message", ({ data }) => this.note(data));
    }

    note(data) {
      const length = new DataView(data).getUint32(0, true);
      const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
      if (header.kind !== "points" && header.kind !== "snapshot") return;
      const { kind, published } = header;
      const frame = { kind, published, created: header.run?.created, arrived: Date.now() };
      seen.frames.push(frame);
      pending.push(frame);
    }
  };
})();
