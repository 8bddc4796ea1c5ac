/** Three voices for one operation: plain words, the formula, the PyTorch line. A switch shows one, two or all. */

export class Voices {
  constructor(parent, { store, state, theme, painter }) {
    Object.assign(this, { parent, store, state, theme, painter });
  }

  draw() {}

  close() {}
}
