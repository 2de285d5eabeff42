// Runs in a browser: how far the page is wider than the screen, and the text of it that is the hardest to read.
(() => {
  const numbers = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const light = (color) => {
    const [red = 0, green = 0, blue = 0] = color.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = numbers(getComputedStyle(each).backgroundColor);
      if (color.length === 3 || (color[3] ?? 0) > 0.5) return color;
    }
    return [255, 255, 255];
  };
  let smallestPx = Number.POSITIVE_INFINITY;
  let faintest = { contrast: Number.POSITIVE_INFINITY, text: '' };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent?.trim() ?? '';
    if (!element || text === '' || element.closest('title, style')) continue;
    const style = getComputedStyle(element);
    const scale = element.closest('svg')?.getBoundingClientRect().width ?? 0;
    const shrunk = scale > 0 ? scale / 400 : 1;
    smallestPx = Math.min(smallestPx, Number.parseFloat(style.fontSize) * shrunk);
    const color = element.closest('svg') ? numbers(style.fill) : numbers(style.color);
    const [one, other] = [light(color), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < faintest.contrast) faintest = { contrast, text };
  }
  const overflowPx = Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return { overflowPx, smallestPx, faintest, background: behind(document.body) };
})();
