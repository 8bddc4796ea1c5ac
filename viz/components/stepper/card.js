/** The operation card: the inputs, what happens, and the output, each tensor as a heatmap. */

export class Card {
  /**
   * @param {HTMLElement} parent
   * @param {{store: TraceStore, state: StepState, theme: () => Theme, painter: Painter}} needs
   */
  constructor(parent, { store, state, theme, painter }) {
    Object.assign(this, { parent, store, state, theme, painter });
  }

  /** Called once a frame after anything changed: operation, cell, head, trace, numbers, size, colours. */
  draw() {}

  close() {}
}
