const worker = new Worker('/lab/worker.js', { type: 'module' });
const asked = new Map();
worker.onmessage = ({ data }) => {
  const ask = asked.get(data.id);
  asked.delete(data.id);
  if (data.error) ask.reject(new Error(data.error));
  else ask.resolve(data.value);
};
worker.onerror = (e) => console.error(e.message);
let asks = 0;
globalThis.lab = (code) =>
  new Promise((resolve, reject) => {
    asked.set(++asks, { resolve, reject });
    worker.postMessage({ id: asks, code });
  });
