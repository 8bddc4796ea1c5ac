/** "Where does it come from?": the terms of the chosen cell, the largest first, each leading on to its own source. */

export class Origin {
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
