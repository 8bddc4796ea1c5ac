"""The Embeddings page in a real browser: points, neighbours, the film, a space turned by hand, bad texts."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def run(app, chromium):
    """A run that has soon finished: everybody may look at it, and nothing trains beside the tests."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{app.url}/embeddings?n_steps=20")
    page.wait_for_url(re.compile("run="), timeout=60_000)
    run = re.search(r"run=(\w+)", page.url)[1]
    expect(page.locator(".vectors")).to_have_attribute("data-step", "20", timeout=60_000)
    yield run
    context.close()


@pytest.fixture
def vectors(app, run, visitors):
    """Open the page with these query parameters and wait until points are shown."""

    def open_page(query="", **options):
        page = visitors(**options).page
        page.goto(f"{app.url}/embeddings?run={run}&{query}")
        expect(page.locator(".vectors")).to_have_attribute("data-ready", "1", timeout=60_000)
        return page

    return open_page


def picture_of(page):
    return page.locator(".plot.space")


def title(page):
    return page.locator(".space-panel h3")


def csv_of(page):
    """The rows of the picture's download: step, row, label and coordinates."""
    with page.expect_download() as download:
        page.get_by_label("download: ").first.click()
        page.get_by_role("button", name="CSV").first.click()
    return [line.split(",") for line in download.value.path().read_text().splitlines()]


def test_every_token_is_a_point_with_its_neighbours(vectors, picture):
    page = vectors()
    expect(title(page)).to_have_text("Token embeddings: 27 rows of 64 numbers")
    words = re.compile("^27 points, token embeddings at step 20; axes: PC 1")
    expect(picture_of(page)).to_have_attribute("aria-label", words)
    page.get_by_label("token", exact=True).select_option(label="e")
    nearest = page.get_by_role("region", name="Nearest to “e”").get_by_role("img")
    expect(nearest).to_have_attribute("aria-label", re.compile(r"^Nearest rows by cosine similarity: \w"))
    page.wait_for_url(re.compile("token=5"))
    assert len(csv_of(page)) == 28
    picture(page)


def test_the_film_begins_at_step_0_and_a_link_leads_into_it(vectors):
    page = vectors()
    now = [row[3:] for row in csv_of(page)]
    page.get_by_role("slider", name="step").fill("0")
    expect(page.locator(".film-step")).to_have_text("step 0")
    page.wait_for_url(re.compile("at=0"))
    first = csv_of(page)
    assert {row[0] for row in first[1:]} == {"0"}
    assert [row[3:] for row in first] != now
    page.reload()
    expect(page.locator(".film-step")).to_have_text("step 0", timeout=60_000)
    page.get_by_role("button", name="Go live").click()
    expect(page.locator(".film-step")).to_have_text("step 20 · live")


def test_the_film_plays_to_its_end(vectors):
    page = vectors("axes=1,2,3")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".film-step")).to_have_text("step 20", timeout=60_000)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_the_film_of_tsne_comes_frame_by_frame(vectors):
    page = vectors("projection=tsne")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".film-step")).to_have_text("step 20", timeout=60_000)
    expect(page.locator(".status-line")).to_be_empty()
    page.wait_for_url(re.compile("at=20"))
    page.reload()
    expect(page.locator(".film-step")).to_have_text("step 20", timeout=60_000)


def test_a_space_is_turned_by_hand_and_by_keys(vectors, picture):
    page = vectors()
    page.get_by_role("button", name="3-D").click()
    page.wait_for_url(re.compile(r"axes=1%2C2%2C3"))
    expect(picture_of(page)).to_have_attribute("aria-label", re.compile("PC 3"))
    shots = [picture_of(page).screenshot()]
    box = picture_of(page).bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 320, box["y"] + 240, steps=4)
    page.mouse.up()
    page.mouse.move(0, 0)
    shots.append(picture_of(page).screenshot())
    picture_of(page).press("ArrowLeft")
    shots.append(picture_of(page).screenshot())
    assert len(set(shots)) == 3
    picture(page)


def test_tsne_is_made_in_its_own_process(vectors, picture):
    page = vectors()
    page.get_by_role("button", name="t-SNE").click()
    expect(picture_of(page)).to_have_attribute("aria-label", re.compile(r"axes: t-SNE 1 \(no unit\)"))
    expect(page.get_by_role("button", name="another start")).to_be_visible()
    expect(page.get_by_text("no share of the differences")).to_be_visible()
    picture(page)


@pytest.mark.parametrize("text", ["é", "🙂", "<b>x</b>", "مرحبا", "x" * 500])
def test_no_text_breaks_the_page(vectors, text):
    page = vectors("table=blocks.1.resid_post")
    page.get_by_role("textbox").fill(text)
    page.keyboard.press("Enter")
    words = re.compile("text may hold|The model reads 32 tokens")
    expect(page.locator(".status-line")).to_have_text(words, timeout=60_000)
    expect(title(page)).to_have_text("Your text, after block 1: 32 rows of 64 numbers")


def test_the_stream_of_a_text_follows_it(vectors):
    page = vectors("table=blocks.1.resid_post&text=marela")
    expect(title(page)).to_have_text("Your text, after block 1: 7 rows of 64 numbers")
    assert [row[2] for row in csv_of(page)[1:]] == ["⏎", *"marela"]


def test_the_train_page_shows_the_embeddings_live(app, visitors):
    page = visitors().page
    page.goto(app.url)
    page.locator(".panel.vectors").scroll_into_view_if_needed()
    words = page.locator(".panel.vectors .value")
    expect(words).to_contain_text("of the variance", timeout=60_000)
    before = words.inner_text()
    expect(words).not_to_have_text(before, timeout=60_000)
