/** The map of the model (SVG): where the current operation stands, what is done, and how gradients flow. */

export class ModelMap {
  constructor(parent, { store, state, theme, painter }) {
    Object.assign(this, { parent, store, state, theme, painter });
  }

  draw() {}

  close() {}
}
