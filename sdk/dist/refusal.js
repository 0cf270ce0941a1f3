// src/platform.ts
var globals = globalThis;
var later = (run, ms) => globals.setTimeout(run, ms);
var drop = (timer) => globals.clearTimeout(timer);
var newAborter = () => new globals.AbortController();
var newDecoder = () => new globals.TextDecoder();
/** The platform's own fetch. */
var platformFetch = (url, init) => globals.fetch(url, init);
/** Tells whether bodies can be read while they come. React Native's cannot: its fetch would wait for the end of the stream. */
var canStream = () => !!globals.Response && "body" in globals.Response.prototype && !!globals.TextDecoder;
/** A name that nothing else has. */
function newID() {
	const bytes = /* @__PURE__ */ new Uint8Array(16);
	if (globals.crypto?.getRandomValues) globals.crypto.getRandomValues(bytes);
	else bytes.forEach((_, i) => bytes[i] = Math.floor(Math.random() * 256));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
// src/refusal.ts
/** The hub refused a request and says why. */
var Refused = class extends Error {
	status;
	problem;
	retryAfter;
	constructor(status, problem, retryAfter) {
		super(problem.detail ?? problem.title);
		this.status = status;
		this.problem = problem;
		this.retryAfter = retryAfter;
		this.name = "Refused";
	}
	get code() {
		return this.problem.code;
	}
	/** Tells whether the same request may succeed later. */
	get passing() {
		return this.status === 429 || this.status === 408 || this.status >= 500;
	}
};
/** The hub could not be reached, or what answered is no hub. The request may have been carried out. */
var Unreachable = class extends Error {
	reason;
	constructor(reason) {
		super("the hub cannot be reached");
		this.reason = reason;
		this.name = "Unreachable";
	}
};
/** Reads a refusal out of an answer that is not 2xx. */
async function refusal(answer) {
	const after = Number(answer.headers.get("Retry-After"));
	try {
		const problem = await answer.json();
		if (typeof problem.code === "string") return new Refused(answer.status, problem, after > 0 ? after : null);
	} catch {}
	return new Unreachable(/* @__PURE__ */ new Error(`status ${answer.status}`));
}
export { drop as a, newDecoder as c, canStream as i, newID as l, Unreachable as n, later as o, refusal as r, newAborter as s, Refused as t, platformFetch as u };
