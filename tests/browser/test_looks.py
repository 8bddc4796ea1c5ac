"""Light, dark, and a narrow window: nothing lies on top of anything else, nothing sticks out."""

import pytest

# Leaves of the page that a reader reads or presses: each must be inside the window's width, and not on another one.
BOXES = """() => {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) walk(element.shadowRoot);
      // Streamlit hides a range input behind each of its sliders, where no pointer comes.
      if (!element.matches("button, canvas, h1, h2, h3, input:not([type=range]), select, a")) continue;
      const box = element.getBoundingClientRect();
      // What a closed menu holds has its place too, and is not seen.
      const isSeen = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
      if (box.width < 2 || box.height < 2 || !isSeen) continue;
      if (element.closest("[data-testid=stSidebar], [data-testid=stHeader]")) continue;
      found.push({ element, name: `${element.tagName} ${element.title || element.textContent}`.slice(0, 60), box });
    }
  };
  walk(document.querySelector("[data-testid=stMain]"));
  const overlaps = [];
  for (const [i, one] of found.entries()) for (const other of found.slice(i + 1)) {
    if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
    // A plot draws in layers.
    if (one.element.nextElementSibling === other.element && other.element.matches("canvas + canvas")) continue;
    const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
    const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
    if (width > 2 && height > 2) overlaps.push(`${one.name} | ${other.name}`);
  }
  const outside = found.filter(({ box }) => box.right > innerWidth + 1 || box.left < -1).map(({ name }) => name);
  return { n: found.length, overlaps, outside };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [768, 1280])
def test_nothing_overlaps_or_sticks_out(app, visitors, picture, scheme, width):
    visitor = visitors(color_scheme=scheme, viewport={"width": width, "height": 1400})
    visitor.page.goto(app.url)
    visitor.wait(lambda: visitor.step >= 100)
    visitor.page.wait_for_timeout(1000)
    layout = visitor.page.evaluate(BOXES)
    picture(visitor.page)
    assert layout["n"] > 5, "found nothing to look at"
    assert layout["overlaps"] == []
    assert layout["outside"] == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
