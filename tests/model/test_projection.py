from itertools import pairwise

import numpy as np
import pytest
from sklearn.decomposition import PCA

from model.projection import (
    N_COMPONENTS,
    UMAP_MISSING,
    aligned,
    is_umap_installed,
    neighbour_frame,
    pca,
    pca_film,
    pca_frame,
)  # fmt: skip

AXES = (0, 1)


@pytest.fixture
def table():
    """65 vectors of 64 numbers whose variance falls off, as embeddings' does."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(65, 64)) * 0.9 ** np.arange(64) @ np.linalg.qr(rng.normal(size=(64, 64)))[0]).astype("f4")


def spin(k, seed=0, mirror=False):
    """A random rotation of k axes, or one that also mirrors."""
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(k, k)))[0]
    turn[:, 0] *= np.sign(np.linalg.det(turn)) * (-1 if mirror else 1)
    return turn


def test_pca_is_numpys_svd_of_the_centred_table(table):
    centred = table.astype(np.float64) - table.mean(axis=0, dtype=np.float64)
    u, s, v = np.linalg.svd(centred)
    found = pca(table)
    np.testing.assert_allclose(np.abs(found.scores), np.abs(u[:, :N_COMPONENTS] * s[:N_COMPONENTS]), atol=1e-9)
    np.testing.assert_allclose(np.abs(found.directions), np.abs(v[:N_COMPONENTS]), atol=1e-9)
    np.testing.assert_allclose(found.shares, (s**2 / (s**2).sum())[:N_COMPONENTS], rtol=1e-9)


def test_pca_is_scikit_learns(table):
    reference = PCA(N_COMPONENTS, svd_solver="full")
    scores = reference.fit_transform(table.astype(np.float64))
    found = pca(table)
    np.testing.assert_allclose(np.abs(found.scores), np.abs(scores), atol=1e-9)
    np.testing.assert_allclose(found.shares, reference.explained_variance_ratio_, rtol=1e-9)


def test_the_rows_are_their_projections_onto_orthogonal_directions(table):
    found = pca(table)
    np.testing.assert_allclose((table - table.mean(axis=0)) @ found.directions.T, found.scores, atol=1e-5)
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(N_COMPONENTS), atol=1e-9)


@pytest.mark.parametrize("shape", [(1, 8), (2, 8), (5, 3), (65, 1)])
def test_all_variance_of_a_small_table_is_explained(shape):
    found = pca(np.random.default_rng(1).normal(size=shape))
    assert found.scores.shape == (shape[0], N_COMPONENTS)
    assert found.shares.sum() == pytest.approx(0 if shape[0] == 1 else 1)
    assert (np.diff(found.shares) <= 1e-12).all()


def test_the_axes_of_a_picture_share_out_its_components_variance(table):
    alone = pca_frame(table, AXES)
    np.testing.assert_allclose(alone.axis_shares, alone.shares[:2], rtol=1e-5)
    turned = pca_frame(table, AXES, previous=alone.coordinates @ spin(2))
    assert turned.axis_shares.sum() == pytest.approx(alone.axis_shares.sum(), rel=1e-5)
    assert not np.allclose(turned.axis_shares, alone.axis_shares, rtol=1e-3)


@pytest.mark.parametrize("axes", [(0, 1), (2, 5), (0, 1, 2)])
def test_a_picture_shows_the_components_it_names(table, axes):
    np.testing.assert_allclose(pca_frame(table, axes).coordinates, pca(table).scores[:, list(axes)], atol=1e-5)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("mirror", [False, True])
def test_a_turned_or_mirrored_copy_comes_back_exactly(table, k, mirror):
    frame = pca(table).scores[:, :k]
    np.testing.assert_allclose(aligned(frame @ spin(k, seed=k, mirror=mirror), frame), frame, atol=1e-9)


def test_aligning_changes_no_distance(table):
    before, after = pca(table).scores[:, :3], pca(table).scores[:, 3:6]
    turned = aligned(after, before)
    np.testing.assert_allclose(turned @ turned.T, after @ after.T, atol=1e-9)


def test_tables_of_different_sizes_are_not_aligned(table):
    frame = pca(table).scores[:, :2]
    assert aligned(frame, frame[1:]) is frame


def test_frames_of_a_slowly_changing_table_do_not_jump(table):
    # The same table in space turned a little more at every step: each SVD is free to mirror its axes.
    rng = np.random.default_rng(2)
    drift = rng.normal(size=table.shape).astype("f4")
    tables = [(table + 0.002 * i * drift) * (-1) ** i for i in range(40)]
    frames = [frame.coordinates for frame in pca_film(tables, AXES, is_held=False)]
    size = np.linalg.norm(frames[0])
    jumps = [np.linalg.norm(after - before) / size for before, after in pairwise(frames)]
    assert max(jumps) < 0.05
    alone = [np.linalg.norm(pca(each).scores[:, :2] - frames[0]) / size for each in tables[:2]]
    assert max(alone) > 1, "there is nothing to align"


def test_held_axes_are_those_of_the_last_frame(table):
    tables = [table * share for share in (0.25, 0.5, 1.0)]
    film = pca_film(tables, AXES, is_held=True)
    np.testing.assert_allclose(film[-1].coordinates, pca(table).scores[:, :2], atol=1e-5)
    np.testing.assert_allclose(film[0].coordinates, 0.25 * film[-1].coordinates, atol=1e-5)


def test_tsne_is_the_same_for_the_same_seed_and_keeps_groups_together():
    rng = np.random.default_rng(3)
    middles = 10 * rng.normal(size=(3, 16))
    rows = np.concatenate([middle + rng.normal(size=(12, 16)) for middle in middles])
    one, again = (neighbour_frame("tsne", rows, 2, 10, seed=4).coordinates for _ in range(2))
    np.testing.assert_array_equal(one, again)
    nearest = np.linalg.norm(one[:, None] - one, axis=-1) + 1e9 * np.eye(36)
    assert (nearest.argmin(axis=1) // 12 == np.arange(36) // 12).all()


def test_tsne_goes_on_from_the_frame_before(table):
    first = neighbour_frame("tsne", table, 2, 15, seed=0).coordinates
    after = neighbour_frame("tsne", table * 1.001, 2, 15, seed=0, previous=first).coordinates
    elsewhere = neighbour_frame("tsne", table * 1.001, 2, 15, seed=0, previous=first @ spin(2)).coordinates
    np.testing.assert_allclose(elsewhere, after @ spin(2), atol=0.05 * np.abs(first).max())
    assert np.linalg.norm(after - first) < 0.25 * np.linalg.norm(first)


@pytest.mark.parametrize("n", [5, 6, 9])
def test_tsne_takes_few_rows(n):
    assert neighbour_frame("tsne", np.eye(n, 8), 3, 50, seed=0).coordinates.shape == (n, 3)


@pytest.mark.parametrize(
    ("table", "words"),
    [(np.ones((4, 8)), "at least 5 rows for this picture; got 4"), (np.full((9, 8), np.inf), "finite numbers"),
     (np.ones((0, 8)), r"rows and columns; got the shape \(0, 8\)")],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said(table, words):
    with pytest.raises(ValueError, match=words):
        neighbour_frame("tsne", table, 2, 15, seed=0)


@pytest.mark.skipif(is_umap_installed(), reason="umap-learn is installed")
def test_umap_that_is_not_installed_is_said_in_a_sentence():
    with pytest.raises(ValueError, match=UMAP_MISSING.split("(", maxsplit=1)[0]):
        neighbour_frame("umap", np.eye(9), 2, 5, seed=0)
