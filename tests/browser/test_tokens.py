"""The Tokens page in a real browser: walking through the merges, links, any text, and a run on byte pairs."""

import re

import pytest
from playwright.sync_api import expect

from model.bpe_record import EXAMPLE, MOST_BYTES, learned_record
from model.bpe_tokenizer import BpeTokenizer

RECORD = learned_record(EXAMPLE)
N = len(RECORD["pairs"])


@pytest.fixture(scope="module")
def run(app, chromium):
    """A run that has soon finished, so that nothing trains beside the tests."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{app.url}/tokens?n_steps=20")
    page.wait_for_url(re.compile("run="), timeout=60_000)
    yield re.search(r"run=(\w+)", page.url)[1]
    context.close()


@pytest.fixture
def tokens(app, run, visitors):
    """Open the Tokens page with these query parameters and wait until it has a record."""

    def open_page(query="", **options):
        page = visitors(**{"viewport": {"width": 1280, "height": 900}, **options}).page
        page.goto(f"{app.url}/tokens?run={run}{query}")
        expect(page.locator(".tokens-whole")).to_be_visible(timeout=60_000)
        return page

    return open_page


def merges(page, n):
    expect(page.locator(".tokens")).to_have_attribute("data-merges", str(n))


def rows(page):
    """What the three rows say in words."""
    return page.get_by_label("One text, three ways").get_by_role("img").get_attribute("aria-label")


def sentences(page):
    return page.locator(".tokens .remarks, .tokens .said").all_inner_texts()


def test_keys_walk_through_the_merges_and_the_address_remembers(tokens, picture):
    page = tokens("&text=a writer was writing")
    merges(page, N)
    page.keyboard.press("Home")
    merges(page, 0)
    assert rows(page).startswith("20 characters, 20 bytes, 20 tokens after 0 merges: a 97, ␣ 32, w 119")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    merges(page, 4)
    said = "␣w + rit → ␣writ, id 259. The pair stood side by side 17 times"
    expect(page.locator(".tokens .said")).to_contain_text(said)
    ids = BpeTokenizer(RECORD["pairs"][:4]).encode("a writer was writing")
    assert [int(each) for each in re.findall(r" (\d+)(?:,|$)", rows(page).split("merges:")[1])] == ids
    page.wait_for_url(re.compile("merges=4"))
    page.reload()
    merges(page, 4)
    page.keyboard.press("ArrowLeft")
    merges(page, 3)
    page.get_by_label("Go to so many merges").fill("12")
    page.keyboard.press("Enter")
    merges(page, 12)
    page.get_by_label("Go to so many merges").fill("99999")
    page.keyboard.press("Enter")
    merges(page, N)
    picture(page)


def test_playing_goes_on_by_itself_and_a_step_by_hand_stops_it(tokens):
    page = tokens("&merges=0")
    page.get_by_label("Merges a second").select_option("16")
    page.get_by_role("button", name="Play or pause").click()
    expect(page.locator(".tokens")).to_have_attribute("data-merges", re.compile("[4-9]|.."))
    page.get_by_role("button", name="One merge back").click()
    expect(page.get_by_role("button", name="Play or pause")).to_contain_text("Play")
    at = page.locator(".tokens").get_attribute("data-merges")
    page.wait_for_timeout(400)
    merges(page, at)


def test_a_token_says_what_it_is_made_of_and_what_is_made_of_it(tokens):
    page = tokens()
    family = page.locator(".family").get_by_role("img")
    for made in ("␣writ = ␣w + rit", "␣written = ␣writ + ten", "␣writing = ␣writ + ing"):
        expect(family).to_have_attribute("aria-label", re.compile(re.escape(made)))
    page.get_by_role("option", name="␣written").click()
    expect(page.get_by_role("heading", name="What ␣written is made of")).to_be_visible()
    page.wait_for_url(re.compile("piece=274"))


BAD = [
    ("", "There is no text to learn from yet: paste one above."),
    ("x", "No pair stands twice in this text, so there is nothing to merge."),
    ("<img src=x onerror=alert(1)><b>bold</b>" * 3, "Merge "),
    ("😀👩‍👩‍👧 שלום عالم\n" * 4, "Merge "),
    ("seven days " * 90_000, f"Learned on the first {MOST_BYTES:,} bytes of this text; it has 990,000."),
]


@pytest.mark.parametrize(("text", "sentence"), BAD, ids=["empty", "one character", "markup", "scripts", "a megabyte"])
def test_a_text_to_learn_from_may_be_anything(tokens, text, sentence):
    page = tokens("&learn=own")
    if text:
        page.get_by_label("Your own text").fill(text)
        page.keyboard.press("Control+Enter")
    expect(page.locator(".tokens")).to_contain_text(sentence)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert page.locator(".tokens :is(img, b)").count() == 0
    assert sum(sentence in said for said in sentences(page)) == 1


@pytest.mark.parametrize("text", ["<b>hi</b> &amp; 😀", "שלום", "z"])
def test_any_text_stands_in_the_rows_as_itself(tokens, text):
    page = tokens()
    page.get_by_label("Your text").fill(text)
    n = len(text.encode())
    expect(page.get_by_label("One text, three ways").get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(rf"^{len(text)} characters?, {n} bytes")
    )
    assert page.locator(".tokens :is(img, b)").count() == 0


def test_too_much_text_for_the_rows_is_cut_and_said(tokens):
    page = tokens()
    page.get_by_label("Your text").fill("word " * 1000)
    expect(page.locator(".remarks")).to_have_text("The rows show the first 160 characters of your text; it has 5,000.")
    assert rows(page).startswith("160 characters")


def test_nothing_is_wider_than_a_narrow_window(tokens, picture):
    page = tokens("&learn=names&merges=80", viewport={"width": 768, "height": 900})
    inside = page.evaluate("""() => {
      const hosts = [...document.querySelectorAll("*")];
      const whole = hosts.map((e) => e.shadowRoot?.querySelector(".tokens-whole")).find(Boolean);
      const right = (element) => element.getBoundingClientRect().right;
      return [...whole.children].every((part) => right(part) <= right(whole) + 1);
    }""")
    assert inside
    picture(page)


def test_a_run_starts_on_the_merges_and_its_tokens_are_words_on_other_pages(app, client, visitors, picture):
    visitor = visitors()
    page = visitor.page
    small = "n_steps=8&block_size=8&n_layers=1&n_heads=2&d_model=16&d_mlp=16"
    page.goto(f"{app.url}/tokens?learn=prose&merges=300&{small}")
    merges(page, 300)
    before = visitor.run
    page.get_by_role("button", name="Train on 300 merges").click()
    page.wait_for_url(lambda url: f"run={before}" not in url and "run=" in url and "/tokens" not in url)
    config = client.request("describe", run=visitor.run)[0]["config"]
    chosen = [config[name] for name in ("dataset", "tokenizer", "n_merges", "vocab_size")]
    assert chosen == ["prose", "bpe", 300, 556]
    page.get_by_role("link", name="Step", exact=True).click()
    expect(page.locator(".stepper .counter")).to_contain_text("/")
    page.get_by_label("Your text").fill("the value of the object")
    expect(page.locator(".tokens-read")).to_contain_text("␣the")
    picture(page)
