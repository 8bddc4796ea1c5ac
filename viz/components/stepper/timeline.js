/** The iteration as one line in four parts, with a scrubber, play, and the counter. */

export class Timeline {
  constructor(parent, { store, state, theme, painter }) {
    Object.assign(this, { parent, store, state, theme, painter });
  }

  draw() {}

  close() {}
}
