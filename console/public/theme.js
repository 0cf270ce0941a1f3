// Runs before the first paint: a chosen theme must not flash the other one.
(function () {
  try {
    var theme = localStorage.getItem('threadhub.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch (e) {
    // Storage is off: the system's theme it is.
  }
})();
