/* What is seen of a page as it stands in the window now: look() returns plain facts. */

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const said = (element) => (element.innerText || element.textContent || "").trim().replace(/\s+/g, " ");
const short = (element) => `<${element.tagName.toLowerCase()}> ${said(element).slice(0, 70)}`;

function shown(element) {
  if (!element.checkVisibility({ checkVisibilityCSS: true, contentVisibilityAuto: true })) return false;
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && box.bottom + window.scrollY > 0 && !unseen(element);
}

/* Whether an element is there for screen readers only: cut down to nothing. */
function unseen(element) {
  return kept("unseen", element, () => getComputedStyle(element).clipPath === "inset(50%)"
    || (element.parentElement !== null && unseen(element.parentElement)));
}

/* What was found of an element in this look. */
let memory = {};
function kept(name, element, find) {
  const known = (memory[name] ??= new Map());
  if (!known.has(element)) known.set(element, find());
  return known.get(element);
}

function scrolls(element) {
  return ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
}

/* What stands beyond the right edge of the window and can't be reached within a region of its own. */
function beyond() {
  const edge = document.documentElement.clientWidth + 1;
  const apart = (element) => element.parentElement !== null && kept("apart", element.parentElement,
    () => scrolls(element.parentElement) || apart(element.parentElement));
  return all("body *").filter((e) => e.getBoundingClientRect().right > edge && shown(e) && !apart(e)).map(short);
}

function label(element) {
  const ids = (element.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean);
  const words = ids.map((id) => document.getElementById(id)).map((e) => (e ? said(e) : ""));
  return (element.getAttribute("aria-label") || words.join(" ")).trim();
}

/* Every region that scrolls sideways now: can it be reached by keyboard, and is it named? */
function regions() {
  return all("body *").filter((e) => scrolls(e) && shown(e) && e.scrollWidth > e.clientWidth + 1).map((e) => ({
    what: short(e), focusable: e.tabIndex >= 0, role: e.getAttribute("role"), label: label(e),
  }));
}

/* Boxes that hold text directly, with the lines of that text. */
function lines() {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim() || node.parentElement.closest("style, script, math") || !shown(node.parentElement)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width > 1 && box.height > 1) found.push({ node, box });
    }
  }
  return found;
}

/* Pairs of lines of text that lie over each other; a line's box is higher than its letters. */
function overlaps(found) {
  const pairs = [];
  const inside = (a, b) => a.contains(b) || b.contains(a);
  const sorted = [...found].sort((a, b) => a.box.top - b.box.top);
  sorted.forEach((one, i) => {
    for (let j = i + 1; j < sorted.length && sorted[j].box.top < one.box.bottom; j++) {
      const other = sorted[j];
      if (other.node === one.node || inside(clip(one.node), clip(other.node)) === false) continue;
      const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      if (wide > 2 && high > 0.45 * Math.min(one.box.height, other.box.height)) {
        pairs.push([one.node.data.trim().slice(0, 50), other.node.data.trim().slice(0, 50)]);
      }
    }
  });
  return pairs.slice(0, 20);
}

/* The nearest box that cuts off or scrolls what it holds. */
function clip(node) {
  const at = node.parentElement;
  if (at === null) return document.documentElement;
  return kept("clip", at, () => {
    const style = getComputedStyle(at);
    return style.overflowX !== "visible" || style.position === "sticky" ? at : clip(at);
  });
}

/* Text that a box of fixed size cuts off. */
function cut(found) {
  const faults = found.filter(({ node, box }) => {
    const frame = clip(node);
    if (frame === document.documentElement || scrolls(frame) || getComputedStyle(frame).overflowX === "visible") return false;
    const edge = frame.getBoundingClientRect();
    return box.right > edge.right + 1 || box.bottom > edge.bottom + 1;
  });
  return faults.map(({ node }) => node.data.trim().slice(0, 60)).slice(0, 20);
}

const POINTED = "a[href], button, summary, input, select, textarea, [role=button], [role=link], [onclick]";

/* Success criterion 2.5.8: targets under 24 by 24 px that no exception lets pass. */
function small() {
  const targets = all(POINTED).filter(shown).map((element) => ({ element, box: element.getBoundingClientRect() }));
  const under = targets.filter(({ box }) => box.width < 23.99 || box.height < 23.99);
  const middle = ({ box }) => [box.left + box.width / 2, box.top + box.height / 2];
  const away = ([x, y], box) => Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
  const related = (a, b) => a.element.contains(b.element) || b.element.contains(a.element);
  const crowded = (one) => targets.some((other) => {
    if (other === one || related(one, other)) return false;
    const [x, y] = middle(one);
    if (under.includes(other)) {
      const [u, v] = middle(other);
      if (Math.hypot(u - x, v - y) < 24) return true;
    }
    return all2(other.element).some((box) => away([x, y], box) < 12);
  });
  return under.filter((one) => !inSentence(one.element) && crowded(one))
    .map(({ element, box }) => `${short(element)} ${box.width.toFixed(0)} x ${box.height.toFixed(0)}`);
}

const all2 = (element) => [...element.getClientRects()];

/* An inline link with words around it that are no target: its height is that of the line. */
function inSentence(element) {
  if (getComputedStyle(element).display !== "inline") return false;
  let block = element.parentElement;
  while (getComputedStyle(block).display === "inline") block = block.parentElement;
  const copy = block.cloneNode(true);
  all(POINTED, copy).forEach((e) => e.remove());
  all(".hidden", copy).forEach((e) => e.remove());
  return /\p{L}{2}.*\s.*\p{L}{2}/su.test(copy.textContent);
}

/* Everything that takes the focus by keyboard, and what shows that it has it. */
function focused() {
  const seconds = all("a[href], button, input, select, textarea, summary, [tabindex]").filter((e) => e.tabIndex >= 0 && shown2(e));
  return seconds.map((element) => {
    element.focus({ preventScroll: true, focusVisible: true });
    const style = getComputedStyle(element);
    const ring = element.matches(":focus-visible") && style.outlineStyle !== "none" ? parseFloat(style.outlineWidth) : 0;
    const out = ring + parseFloat(style.outlineOffset);
    const fact = { what: short(element), ring, colour: style.outlineColor, ground: ground(element.parentElement), clipped: hidden(element, out) };
    element.blur();
    return fact;
  });
}

const shown2 = (element) => element.classList.contains("skip") || shown(element);

/* Whether less than two px of the ring are left on all four sides because a frame cuts it off. */
function hidden(element, out) {
  const frame = clip(element);
  if (frame === document.documentElement || getComputedStyle(frame).overflowX === "visible") return false;
  const edge = frame.getBoundingClientRect();
  return [...element.getClientRects()].every((box) => box.left - out + 2 < edge.left && box.right + out - 2 > edge.right
    && box.top - out + 2 < edge.top && box.bottom + out - 2 > edge.bottom);
}

function ground(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/, 0\)$|transparent/.test(colour)) return colour;
  }
  return getComputedStyle(document.documentElement).backgroundColor;
}

function look() {
  memory = {};
  const root = document.documentElement;
  const text = lines();
  return {
    wide: root.scrollWidth - root.clientWidth,
    beyond: beyond(),
    regions: regions(),
    overlaps: overlaps(text),
    cut: cut(text),
    small: small(),
    focused: focused(),
    images: all("img").filter(shown).map((e) => ({ alt: e.alt, drawn: e.complete && e.naturalWidth > 0, width: e.clientWidth, height: e.clientHeight })),
    text: document.body.innerText,
    words: text.length,
    requests: performance.getEntriesByType("resource").map((e) => e.name).filter((name) => !name.startsWith("data:")),
  };
}
