// A place without a DOM for the clients in sdk/: commands come as code, their
// answers go back. What one keeps in `kept` is there for the next one.
import * as webchat from '/sdk/webchat.js';
import { Api, all, Refused } from '/sdk/api.js';

const kept = {};
const until = async (what) => {
  for (;;) {
    const value = await what();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
const Code = Object.getPrototypeOf(async () => undefined).constructor;

self.onmessage = async ({ data }) => {
  try {
    const value = await new Code('kept', 'webchat', 'Api', 'all', 'Refused', 'until', data.code)(kept, webchat, Api, all, Refused, until);
    postMessage({ id: data.id, value: JSON.stringify(value ?? null) });
  } catch (error) {
    postMessage({ id: data.id, error: String(error?.stack ?? error) });
  }
};
