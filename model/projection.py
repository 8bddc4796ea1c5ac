"""Projections: a table of vectors as two or three numbers a row, frame after frame, so that nothing jumps.

PCA by exact SVD, which is at once; t-SNE (van der Maaten & Hinton, 2008) by scikit-learn and UMAP (McInnes et al.,
2018) where it is installed, which take longer and are asked for. It does not know models, runs or screens. Torch-free;
scikit-learn is imported only when t-SNE is wanted.
"""

import importlib.util
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_COMPONENTS = 10  # principal components that a picture can choose from
METHODS = ("pca", "tsne", "umap")
FEWEST_POINTS = 5  # that neighbours make sense among
ITERATIONS, LATER_ITERATIONS = 500, 250  # of t-SNE: a first frame, and one that goes on from the frame before
UMAP_MISSING = "umap must be installed for this picture (the package umap-learn); PCA and t-SNE are here"

Table = NDArray[np.float32]
Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Pca:
    """The principal components of a table (n, d), the one of most variance first: `scores` (n, c) are the rows'
    coordinates, `directions` (c, d) unit vectors, `shares` (c,) of all variance. c = N_COMPONENTS: what a small table
    does not have is zero."""

    scores: Floats
    directions: Floats
    shares: Floats


@dataclass(frozen=True)
class Frame:
    """One picture of a table: `coordinates` (n, k) around their mean, and of each drawn axis the share of all variance
    that lies along it, `axis_shares` (k,); `shares`, `scores` and `directions` are those of Pca. t-SNE and UMAP have
    none: theirs are empty."""

    coordinates: Table
    axis_shares: Table
    shares: Table
    directions: Table
    scores: Table


def checked(table: Floats) -> Floats:
    """The table (n, d) in float64. ValueError when it has no rows or holds what is no number."""
    if table.ndim != 2 or not table.size:
        raise ValueError(f"table must have rows and columns; got the shape {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("table must hold finite numbers to be drawn; this one has infinite ones: the run has diverged")
    return table.astype(np.float64)


def pca(table: Floats) -> Pca:
    """The principal components of a table (n, d) by exact SVD of the centred table, nothing scaled.

    A component's sign is free; here its largest weight is positive, so that equal tables give equal pictures.
    """
    centred = checked(table)
    centred = centred - centred.mean(axis=0)
    u, s, v = np.linalg.svd(centred, full_matrices=False)  # (n, m), (m,), (m, d)
    n, m, d = len(centred), min(len(s), N_COMPONENTS), centred.shape[1]
    sign = np.sign(v[np.arange(len(v)), np.abs(v).argmax(axis=1)])
    sign[sign == 0] = 1
    scores, directions, shares = np.zeros((n, N_COMPONENTS)), np.zeros((N_COMPONENTS, d)), np.zeros(N_COMPONENTS)
    scores[:, :m] = (u * s * sign)[:, :m]
    directions[:m] = (v * sign[:, None])[:m]
    shares[:m] = s[:m] ** 2 / max((s**2).sum(), np.finfo(np.float64).tiny)
    return Pca(scores, directions, shares)


def pca_frame(
    table: Floats, axes: tuple[int, ...], previous: Floats | None = None, directions: Floats | None = None
) -> Frame:
    """The rows of a table (n, d) on some of its components, `axes` from 0, aligned to the coordinates `previous`.

    With `directions` (N_COMPONENTS, d), those of another frame, the rows are seen along these: the axes are held.
    """
    found = pca(table)
    along = found.directions if directions is None or directions.shape != found.directions.shape else directions
    centred = checked(table) - checked(table).mean(axis=0)
    coordinates = centred @ along[list(axes)].T  # (n, k)
    if previous is not None and along is found.directions:
        coordinates = aligned(coordinates, previous)
    total = max(float((centred**2).sum()), np.finfo(np.float64).tiny)
    axis_shares = (coordinates**2).sum(axis=0) / total  # (k,)
    as_float32 = (each.astype(np.float32) for each in (coordinates, axis_shares, found.shares, along, found.scores))
    return Frame(*as_float32)


def pca_film(tables: list[Floats], axes: tuple[int, ...], is_held: bool) -> list[Frame]:
    """A frame of each table, in order: each aligned to the one before, or all seen along the last one's axes."""
    directions = pca(tables[-1]).directions if is_held else None
    frames: list[Frame] = []
    for table in tables:
        previous = frames[-1].coordinates if frames else None
        frames.append(pca_frame(table, axes, previous, directions))
    return frames


def aligned(coordinates: Floats, previous: Floats) -> Floats:
    """The same points (n, k), turned and mirrored as a whole to lie as close as they can to where they were before:
    orthogonal Procrustes (Schönemann, 1966). No distance changes. Tables of different sizes are left as they are."""
    if coordinates.shape != previous.shape:
        return coordinates
    u, _, v = np.linalg.svd(coordinates.T.astype(np.float64) @ previous.astype(np.float64))
    turned: Floats = coordinates @ (u @ v)
    return turned


def is_umap_installed() -> bool:
    """Whether UMAP can be had here."""
    return importlib.util.find_spec("umap") is not None


def neighbour_frame(
    method: str, table: Floats, n_axes: int, perplexity: float, seed: int, previous: Floats | None = None
) -> Frame:
    """The rows of a table (n, d) so that near ones stay near, by "tsne" or "umap". Equal arguments, equal pictures.

    With the coordinates `previous` it goes on from there, so that a table that changed little looks much the same.
    `perplexity` is about how many neighbours each point listens to. ValueError in a sentence for too few rows.
    """
    rows = checked(table)
    if len(rows) < FEWEST_POINTS:
        raise ValueError(f"table must have at least {FEWEST_POINTS} rows for this picture; got {len(rows)}")
    start = previous if previous is not None and previous.shape == (len(rows), n_axes) else None
    most = (len(rows) - 1) / 3
    place = _umap if method == "umap" else _tsne
    found = place(rows, n_axes, min(max(2.0, perplexity), max(2.0, most)), seed, start)
    coordinates = found - found.mean(axis=0)
    if start is not None:
        coordinates = aligned(coordinates, start)
    return without_shares(coordinates)


def without_shares(coordinates: Floats) -> Frame:
    """A frame that is no shadow of the table: no share of its variance lies along its axes."""
    nothing = np.zeros(0, np.float32)
    return Frame(coordinates.astype(np.float32), nothing, nothing, *np.zeros((2, 0, 0), np.float32))


def _tsne(rows: Floats, n_axes: int, perplexity: float, seed: int, start: Floats | None) -> Floats:
    from sklearn.manifold import TSNE

    is_spread = min(rows.shape) >= n_axes and rows.std() > 0
    first = start.astype(np.float32) if start is not None else "pca" if is_spread else "random"
    haste, n_iterations = (12.0, ITERATIONS) if start is None else (1.0, LATER_ITERATIONS)
    # Exact where few points make it cheap; 300 points are where the tree becomes faster.
    how = "exact" if len(rows) <= 300 else "barnes_hut"
    made = TSNE(n_axes, perplexity=perplexity, init=first, early_exaggeration=haste, max_iter=n_iterations, method=how,
                random_state=seed, n_jobs=1)  # fmt: skip
    found: Floats = made.fit_transform(rows.astype(np.float32))
    return found


def _umap(rows: Floats, n_axes: int, perplexity: float, seed: int, start: Floats | None) -> Floats:
    if not is_umap_installed():
        raise ValueError(UMAP_MISSING)
    from umap import UMAP

    made = UMAP(n_neighbors=max(2, round(perplexity)), n_components=n_axes, random_state=seed, n_jobs=1,
                init="spectral" if start is None else start.astype(np.float32))  # fmt: skip
    found: Floats = made.fit_transform(rows.astype(np.float32))
    return found
