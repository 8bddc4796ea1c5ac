/** The axes of the picture: where zero is, how long a unit is, and how much of the variance lies along each. */

import { significant } from "../base/numbers.js";
import { linearTicks } from "../base/scale.js";

/** @param {{name: string, words: string}[]} axes */
export function paintPlane(pen, camera, axes, { theme, size, width, height }) {
  const [left, bottom] = [camera.center[0] - width / 2, height];
  const ticks = linearTicks(-camera.radius, camera.radius, 6).filter((tick) => tick !== 0);
  pen.lineWidth = 1;
  pen.strokeStyle = theme.color("line");
  line(pen, [0, Math.round(camera.center[1]) + 0.5], [width, Math.round(camera.center[1]) + 0.5]);
  line(pen, [Math.round(camera.center[0]) + 0.5, 0], [Math.round(camera.center[0]) + 0.5, height]);
  pen.font = theme.font(size - 2);
  pen.fillStyle = theme.color("muted");
  for (const tick of ticks) {
    const [x, y] = camera.place([tick, tick], 0);
    pen.textAlign = "center";
    pen.textBaseline = "bottom";
    pen.fillText(significant(tick, 2), x, bottom - size - 8);
    line(pen, [x, bottom - size - 8], [x, bottom - size - 4]);
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillText(significant(tick, 2), left + size + 14, y);
    line(pen, [left + size + 8, y], [left + size + 12, y]);
  }
  pen.font = theme.font(size);
  pen.textAlign = "center";
  pen.textBaseline = "bottom";
  pen.fillText(axes[0].words, width / 2, height - 2);
  pen.save();
  pen.translate(size + 2, height / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(axes[1].words, 0, 0);
  pen.restore();
}

export function paintSpace(pen, camera, axes, { theme, size, width, height }) {
  pen.textBaseline = "middle";
  axes.forEach(({ name }, i) => {
    const end = [0, 0, 0];
    end[i] = camera.radius;
    const [from, to] = [camera.place(end.map((value) => -value), 0), camera.place(end, 0)];
    pen.strokeStyle = theme.color("line");
    pen.lineWidth = 1;
    line(pen, from, to);
    pen.font = theme.font(size);
    pen.fillStyle = theme.color("muted");
    pen.textAlign = to[0] < camera.center[0] ? "right" : "left";
    pen.fillText(name, to[0] + (to[0] < camera.center[0] ? -4 : 4), to[1]);
  });
  pen.textAlign = "left";
  pen.textBaseline = "bottom";
  axes.forEach(({ words }, i) => pen.fillText(words, 4, height - 2 - (2 - i) * (size + 5)));
}

function line(pen, [x, y], [toX, toY]) {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(toX, toY);
  pen.stroke();
}
