/** What the visitor chose to see, kept in the page's address. */

const METHODS = ["pca", "tsne", "umap"];
const MOST_AXES = 10;
export const PERPLEXITIES = [5, 10, 15, 30, 50];
const NAMES = ["table", "projection", "axes", "colour", "token", "at", "held", "perplexity"];

export class ViewState {
  table = "tok_emb";
  method = "pca";
  axes = [0, 1];               // components counted from 0; three of them: a space
  colour = "";                 // "" while the visitor has not chosen: the first way there is
  token = null;                // the picked row
  at = null;                   // the step of the film that is shown; null = now
  isHeld = false;              // axes stay those of one step
  perplexity = 15;             // of t-SNE and UMAP: how many neighbours count
  seed = 0;
  #listeners = new Set();

  /** @param {(changed: Set<string>) => void} listener @returns {() => void} ends it */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param {object} changes fields; whoever listens hears which */
  set(changes) {
    const differing = Object.keys(changes).filter((name) => String(this[name]) !== String(changes[name]));
    if (!differing.length) return;
    Object.assign(this, changes);
    for (const listener of this.#listeners) listener(new Set(differing));
  }

  /** The address's query with this state in it; what is as always is left out. */
  toQuery(search) {
    const query = new URLSearchParams(search);
    const values = {
      table: this.table === "tok_emb" ? "" : this.table, projection: this.method === "pca" ? "" : this.method,
      axes: this.axes.join() === "0,1" ? "" : this.axes.map((axis) => axis + 1).join(), colour: this.colour,
      token: this.token ?? "", at: this.at ?? "", held: this.isHeld ? "1" : "",
      perplexity: this.perplexity === 15 ? "" : this.perplexity,
    };
    for (const name of NAMES) {
      if (values[name] === "") query.delete(name);
      else query.set(name, values[name]);
    }
    return query.toString();
  }

  /** Take from an address what makes sense. */
  fromQuery(search) {
    const query = new URLSearchParams(search);
    const axes = (query.get("axes") ?? "").split(",").map((text) => Number(text) - 1);
    const isFine = [2, 3].includes(axes.length) && axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < MOST_AXES);
    if (isFine && new Set(axes).size === axes.length) this.axes = axes;
    if (METHODS.includes(query.get("projection"))) this.method = query.get("projection");
    this.table = query.get("table") || this.table;
    this.colour = query.get("colour") || "";
    this.token = whole(query.get("token"));
    this.at = whole(query.get("at"));
    this.isHeld = query.get("held") === "1";
    this.perplexity = PERPLEXITIES.find((each) => String(each) === query.get("perplexity")) ?? this.perplexity;
  }
}

function whole(text) {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
