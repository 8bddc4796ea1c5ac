/** The autograd graph on the page. Mounted by Python. */

import { ask } from "../base/ask.js";
import { adoptStyles, make, setText } from "../base/dom.js";

export async function mount(root, data) {
  await adoptStyles(root, "../theme.css", "../base/base.css");
  return new GraphView(root, data);
}

class GraphView {
  constructor(root, data) {
    this.line = make("p.unit");
    root.replaceChildren(make("div.gb", {}, this.line));
    this.update(data);
  }

  takes(data) {
    return data.module === (this.data?.module ?? data.module);
  }

  async update(data) {
    this.data = data;
    if (data.problem) return setText(this.line, data.problem);
    const { header } = await ask(data, "autograd", { tokens: data.tokens });
    return setText(this.line, `${header.graph.nodes.length} nodes and ${header.graph.edges.length} edges lie behind the loss ${header.loss.toFixed(3)} at step ${header.at}.`);
  }

  unmount() {}
}
