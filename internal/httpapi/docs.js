// Finds operations and records by words, and opens what an address points at.
const field = document.getElementById('find');
const none = document.getElementById('none');
const items = [...document.querySelectorAll('details[data-words]')];
field.hidden = false;
field.addEventListener('input', () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const item of items) {
    item.hidden = !words.every((w) => item.dataset.words.toLowerCase().includes(w));
    if (!item.hidden) shown++;
  }
  for (const section of document.querySelectorAll('main section')) section.hidden = !section.querySelector('details[data-words]:not([hidden])');
  none.hidden = shown > 0;
});
const show = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.hidden = target.closest('section').hidden = false;
    target.open = true;
    target.scrollIntoView();
  }
};
addEventListener('hashchange', show);
show();
