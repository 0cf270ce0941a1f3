import { n as Unreachable, r as refusal, t as Refused, u as platformFetch } from "./refusal.js";
// src/api.ts
/**
* A client of the API: `api.get('/v1/conversations/{conversation_id}', {path:
* {conversation_id: 'cv_1'}})`. Paths, queries, bodies and answers have the
* types of the document. Rejects with Refused or Unreachable.
*/
var Api = class {
	options;
	hub;
	fetch;
	constructor(options) {
		this.options = options;
		this.hub = options.hub.replace(/\/+$/, "");
		this.fetch = options.fetch ?? platformFetch;
	}
	get(path, call) {
		return this.call("get", path, call);
	}
	post(path, call) {
		return this.call("post", path, call);
	}
	put(path, call) {
		return this.call("put", path, call);
	}
	patch(path, call) {
		return this.call("patch", path, call);
	}
	delete(path, call) {
		return this.call("delete", path, call);
	}
	async call(method, path, call = {}) {
		const headers = {};
		if (this.options.token) headers["Authorization"] = `Bearer ${this.options.token}`;
		if (call.body !== void 0) headers["Content-Type"] = "application/json";
		if (call.key) headers["Idempotency-Key"] = call.key;
		let answer;
		try {
			answer = await this.fetch(this.hub + address(path, call.path, call.query), {
				method: method.toUpperCase(),
				headers,
				...call.body !== void 0 ? { body: JSON.stringify(call.body) } : {},
				...call.signal ? { signal: call.signal } : {}
			});
		} catch (cause) {
			throw new Unreachable(cause);
		}
		if (!answer.ok) throw await refusal(answer);
		if (answer.status === 204) return void 0;
		try {
			return await answer.json();
		} catch (cause) {
			throw new Unreachable(cause);
		}
	}
};
/** Reads all pages of a list: `all((cursor) => api.get('/v1/channels', {query: {cursor}}))`. */
async function all(page) {
	const list = [];
	let cursor;
	do {
		const answer = await page(cursor);
		list.push(...answer.data);
		cursor = answer.next_cursor ?? void 0;
	} while (cursor);
	return list;
}
function address(path, values = {}, query = {}) {
	const known = values;
	const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(known[name] ?? "")));
	const search = Object.entries(query).filter(([, value]) => value !== void 0 && value !== null && !(Array.isArray(value) && value.length === 0)).map(([name, value]) => `${name}=${encodeURIComponent(Array.isArray(value) ? value.join(",") : String(value))}`).join("&");
	return search ? `${filled}?${search}` : filled;
}
export { Api, Refused, Unreachable, all };
