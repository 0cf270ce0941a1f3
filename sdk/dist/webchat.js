import { a as drop, c as newDecoder, i as canStream, l as newID, n as Unreachable, o as later, r as refusal, s as newAborter, t as Refused, u as platformFetch } from "./refusal.js";
// src/outbox.ts
/** Keeps things as long as the program runs. */
function memory() {
	const kept = /* @__PURE__ */ new Map();
	return {
		get: (key) => kept.get(key) ?? null,
		set: (key, value) => void kept.set(key, value),
		remove: (key) => void kept.delete(key)
	};
}
/**
* The messages on their way, oldest first. Others, such as the same site in
* another tab, keep theirs in the same place: each change is made to what is
* stored by then.
*/
var Outbox = class {
	storage;
	key;
	list = [];
	constructor(storage, key) {
		this.storage = storage;
		this.key = key;
	}
	/** Takes up what was left by an earlier run. */
	async load() {
		const known = new Set(this.list.map((p) => p.draft.client_id));
		this.list = [...(await this.stored()).filter((p) => !known.has(p.draft.client_id)), ...this.list];
	}
	async put(pending) {
		const id = pending.draft.client_id;
		const replace = (list) => list.some((p) => p.draft.client_id === id) ? list.map((p) => p.draft.client_id === id ? pending : p) : [...list, pending];
		this.list = replace(this.list);
		await this.store(replace(await this.stored()));
	}
	async remove(clientID) {
		const others = (list) => list.filter((p) => p.draft.client_id !== clientID);
		this.list = others(this.list);
		await this.store(others(await this.stored()));
	}
	async clear() {
		this.list = [];
		await this.store([]);
	}
	async stored() {
		try {
			const list = JSON.parse(await this.storage.get(this.key) ?? "[]");
			return Array.isArray(list) ? list.filter((p) => typeof p?.draft?.client_id === "string") : [];
		} catch {
			return [];
		}
	}
	async store(list) {
		try {
			if (list.length === 0) await this.storage.remove(this.key);
			else await this.storage.set(this.key, JSON.stringify(list.map((p) => ({
				...p,
				files: p.files.map(({ preview: _, ...file }) => file)
			}))));
		} catch {}
	}
};
// src/talk.ts
/** Adds messages, or renews them: each once, in the order in which they were written. */
function merge(known, news) {
	const byID = new Map(known.map((m) => [m.id, m]));
	for (const m of news) byID.set(m.id, {
		...m,
		status: higher(byID.get(m.id)?.status, m.status)
	});
	return [...byID.values()].map((m, i) => ({
		m,
		i
	})).sort((a, b) => compare(a.m.created_at, b.m.created_at) || a.i - b.i).map(({ m }) => m);
}
var compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;
var rank = [
	"received",
	"sent",
	"delivered",
	"read"
];
/** Receipts may overtake each other: a status only rises. */
function higher(a, b) {
	return a && rank.indexOf(a) > rank.indexOf(b) ? a : b;
}
/** Changes one message, if it is known. */
function alter(known, id, change) {
	return known.map((m) => m.id === id ? {
		...m,
		...change,
		...change.status ? { status: higher(m.status, change.status) } : {}
	} : m);
}
/** What remains of a message that was taken back. */
var deletion = (at) => ({
	deleted_at: at,
	text: null,
	attachments: [],
	buttons: []
});
/** Messages that were written to the visitor and that they have not looked at, as far as is known. */
function unread(list, readTo) {
	const after = list.findIndex((m) => m.id === readTo) + 1;
	return list.slice(after).filter((m) => m.author.type !== "visitor" && m.status !== "read" && !m.deleted_at);
}
/**
* Puts the entries together. seen is the id of the visitor's message up to
* which the business has looked; who answered has looked as well.
*/
function entries(list, pending, accepted, sending, waiting, seen) {
	const looked = Math.max([...accepted.values()].some((m) => m.id === seen) ? list.length - 1 : -1, list.findLastIndex((m) => m.id === seen), list.findLastIndex((m) => m.author.type === "agent"));
	const out = list.map((m, i) => ({
		...m,
		key: m.client_id ?? m.id,
		delivery: m.author.type !== "visitor" ? null : i <= looked ? "read" : "received"
	}));
	const known = new Set(list.map((m) => m.client_id));
	for (const [id, m] of accepted) {
		if (!known.has(id)) out.push({
			...m,
			key: id,
			delivery: m.id === seen ? "read" : "received"
		});
		known.add(id);
	}
	for (const p of pending) {
		const id = p.draft.client_id;
		if (known.has(id)) continue;
		const delivery = p.problem ? "failed" : id !== sending && waiting ? "waiting" : "sending";
		out.push({
			...standIn(p),
			key: id,
			delivery,
			...p.problem ? { problem: p.problem } : {}
		});
	}
	return out;
}
/** The message that a draft will be. */
function standIn(p) {
	const { draft } = p;
	const file = p.files[0];
	const kind = (mime) => {
		const family = mime.split("/")[0];
		return family === "image" || family === "video" || family === "audio" ? family : "file";
	};
	return {
		id: draft.client_id,
		client_id: draft.client_id,
		conversation_id: "",
		author: {
			type: "visitor",
			name: null
		},
		type: file ? kind(file.mime) : draft.location ? "location" : "text",
		text: draft.text ?? draft.postback?.title ?? null,
		attachments: p.files.map((f) => ({
			id: f.id,
			type: kind(f.mime),
			mime: f.mime,
			name: f.name,
			size: f.size,
			url: f.preview ?? ""
		})),
		buttons: [],
		...draft.reply_to ? { reply_to: {
			id: draft.reply_to,
			text: null
		} } : {},
		status: "received",
		created_at: p.at,
		edited_at: null,
		deleted_at: null
	};
}
// src/sender.ts
var Sender = class {
	outbox;
	errands;
	/** Messages that the hub has and has not told of yet, by client id. */
	accepted = /* @__PURE__ */ new Map();
	/** The client id of the message that is being sent. */
	sending = "";
	/** Tells whether that message waits for another attempt. */
	stuck = false;
	busy = false;
	wake = null;
	constructor(outbox, errands) {
		this.outbox = outbox;
		this.errands = errands;
	}
	put(pending) {
		this.outbox.put(pending).then(() => this.flush());
		this.errands.changed();
	}
	/** Tries at once what waits for another attempt. */
	hurry() {
		this.wake?.();
	}
	/** The hub has told of a message, whoever sent it: this tab or another one. */
	async arrived(clientID) {
		this.accepted.delete(clientID);
		if (this.outbox.list.some((p) => p.draft.client_id === clientID)) await this.outbox.remove(clientID);
	}
	/** Sends until nothing is on its way. */
	async flush() {
		if (this.busy) return;
		this.busy = true;
		let tries = 0;
		try {
			for (let next = this.next(); next && this.errands.may(); next = this.next()) {
				this.sending = next.draft.client_id;
				this.errands.changed();
				const asked = await this.post(next);
				if (asked < 0) {
					tries = 0;
					continue;
				}
				const { first, most } = this.errands.backoff;
				await this.pause(Math.max(asked, Math.min(most, first * 2 ** tries++)));
			}
		} finally {
			this.busy = false;
			this.sending = "";
			this.errands.changed();
		}
	}
	async pause(ms) {
		this.stuck = true;
		this.errands.changed();
		await new Promise((resolve) => {
			const timer = later(resolve, ms);
			this.wake = () => {
				drop(timer);
				resolve();
			};
		});
		this.stuck = false;
		this.wake = null;
	}
	next() {
		return this.outbox.list.find((p) => !p.problem && !this.accepted.has(p.draft.client_id));
	}
	/** Sends one message; answers how long the hub asks to wait before it is sent again, -1 when it is done with. */
	async post(p) {
		const id = p.draft.client_id;
		try {
			const kept = await this.errands.post(p.draft);
			if (this.outbox.list.some((other) => other.draft.client_id === id)) this.accepted.set(id, {
				...standIn(p),
				id: kept.id,
				created_at: kept.created_at
			});
			await this.outbox.remove(id);
			this.errands.sent();
			return -1;
		} catch (error) {
			if (error instanceof Unreachable) return 0;
			if (!(error instanceof Refused)) throw error;
			if (error.passing || error.status === 401) return (error.retryAfter ?? 0) * 1e3;
			await this.outbox.put({
				...p,
				problem: error.problem
			});
			return -1;
		}
	}
};
// src/state.ts
var nothing = {
	line: "idle",
	problem: null,
	config: null,
	visitorID: "",
	externalID: null,
	conversation: null,
	entries: [],
	hasEarlier: false,
	loaded: false,
	unread: 0,
	typing: null,
	agent: null
};
// src/stream.ts
var silence = 45e3;
var greeting = 12e3;
/** The stream was open and nothing came: a proxy holds it back. */
var HeldBack = class extends Unreachable {};
/**
* Follows the stream after a cursor until it ends, is aborted or falls silent.
* opened is told when the first bytes are there.
*/
async function follow(wire, after, aborter, opened, take) {
	let heard = false;
	let timer = later(() => aborter.abort(), greeting);
	try {
		const reader = (await wire.stream(after, aborter.signal)).body?.getReader();
		if (!reader) throw new HeldBack(/* @__PURE__ */ new Error("the body cannot be read while it comes"));
		const decoder = newDecoder();
		let rest = "";
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return;
			drop(timer);
			timer = later(() => aborter.abort(), silence);
			if (!heard) {
				heard = true;
				opened();
			}
			const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
			rest = blocks.pop() ?? "";
			for (const block of blocks) {
				const event = readBlock(block);
				if (event) take(event);
			}
		}
	} catch (cause) {
		if (cause instanceof Error && ("problem" in cause || cause instanceof Unreachable)) throw cause;
		throw heard ? new Unreachable(cause) : new HeldBack(cause);
	} finally {
		drop(timer);
	}
}
/** Reads the lines of an event; null for a comment. */
function readBlock(block) {
	const event = {
		id: "",
		name: "",
		data: ""
	};
	let any = false;
	for (const line of block.split("\n")) {
		const colon = line.indexOf(":");
		if (colon <= 0) continue;
		const value = line.slice(colon + 1).replace(/^ /, "");
		any = true;
		switch (line.slice(0, colon)) {
			case "id":
				event.id = value;
				break;
			case "event":
				event.name = value;
				break;
			case "data": event.data += event.data ? `\n${value}` : value;
		}
	}
	return any ? event : null;
}
// src/wire.ts
/** How long a call may take before it counts as unanswered. */
var callTime = 3e4;
var uploadTime = 18e4;
/** The calls of one chat. Each rejects with Refused or Unreachable. */
var Wire = class Wire {
	hub;
	channel;
	fetch;
	/** What stands for the visitor; empty before a session is open. */
	token = "";
	base;
	constructor(hub, channel, fetch) {
		this.hub = hub;
		this.channel = channel;
		this.fetch = fetch;
		this.base = `${hub.replace(/\/+$/, "")}/webchat/${encodeURIComponent(channel)}`;
	}
	/** The same calls, for nobody yet. */
	again() {
		return new Wire(this.hub, this.channel, this.fetch);
	}
	config() {
		return this.call("GET", "/config");
	}
	open(opening) {
		return this.call("POST", "/sessions", opening);
	}
	close() {
		return this.call("DELETE", "/sessions");
	}
	messages(query) {
		const text = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
		return this.call("GET", `/messages?${text.join("&")}`);
	}
	post(draft) {
		return this.call("POST", "/messages", draft);
	}
	read(upTo) {
		return this.call("POST", "/read", { up_to: upTo });
	}
	typing() {
		return this.call("POST", "/typing");
	}
	event(type, page) {
		return this.call("POST", "/events", {
			type,
			...page ? { page } : {}
		});
	}
	/** Hands a file over; the body is whatever the platform's fetch sends as it is: a Blob, a File, bytes. */
	upload(name, body) {
		const query = name ? `?name=${encodeURIComponent(name.slice(-255))}` : "";
		return this.send("POST", `/attachments${query}`, body, { "Content-Type": "application/octet-stream" }, uploadTime);
	}
	/** Opens the stream of events that came after a cursor. */
	async stream(after, signal) {
		const headers = {
			Accept: "text/event-stream",
			Authorization: `Bearer ${this.token}`
		};
		if (after) headers["Last-Event-ID"] = after;
		let answer;
		try {
			answer = await this.fetch(`${this.base}/stream`, {
				method: "GET",
				headers,
				signal,
				cache: "no-store",
				credentials: "omit"
			});
		} catch (cause) {
			throw new Unreachable(cause);
		}
		if (!answer.ok) throw await refusal(answer);
		return answer;
	}
	call(method, path, body) {
		const json = body === void 0 ? void 0 : JSON.stringify(body);
		return this.send(method, path, json, json === void 0 ? {} : { "Content-Type": "application/json" }, callTime);
	}
	async send(method, path, body, headers, time) {
		if (this.token) headers["Authorization"] = `Bearer ${this.token}`;
		const aborter = newAborter();
		const timer = later(() => aborter.abort(), time);
		try {
			const answer = await this.fetch(this.base + path, {
				method,
				headers,
				signal: aborter.signal,
				credentials: "omit",
				...body === void 0 ? {} : { body }
			});
			if (!answer.ok) throw await refusal(answer);
			return answer.status === 204 ? void 0 : await answer.json();
		} catch (cause) {
			if (cause instanceof Error && "problem" in cause) throw cause;
			throw cause instanceof Unreachable ? cause : new Unreachable(cause);
		} finally {
			drop(timer);
		}
	}
};
// src/visit.ts
var Visit = class {
	wire;
	storage;
	key;
	asked;
	opened;
	lost;
	opening = null;
	constructor(wire, storage, key, asked, opened, lost) {
		this.wire = wire;
		this.storage = storage;
		this.key = key;
		this.asked = asked;
		this.opened = opened;
		this.lost = lost;
	}
	/** Tells whether an earlier visit left a token. */
	async left() {
		return !!await this.storage.get(this.key);
	}
	/** Opens a session unless there is one. */
	async ensure() {
		if (!this.wire.token) await this.begin();
	}
	/** Opens a session, for whoever the site now vouches for. */
	async begin() {
		await (this.opening ??= this.open().finally(() => this.opening = null));
	}
	/** The token is no longer good: the next session is opened with the one that another tab got, or with none. */
	async renew() {
		if (await this.storage.get(this.key) === this.wire.token) await this.storage.remove(this.key);
		this.wire.token = "";
		this.lost();
	}
	/** Ends the session everywhere, and forgets it at once. */
	async end() {
		const token = this.wire.token || await this.storage.get(this.key);
		this.wire.token = "";
		await this.storage.remove(this.key);
		if (!token) return;
		const last = this.wire.again();
		last.token = token;
		await last.close();
	}
	/** Does something with the token, and once more with another one when it is no longer good. */
	async authorized(call) {
		await this.ensure();
		const token = this.wire.token;
		try {
			return await call();
		} catch (error) {
			if (!(error instanceof Refused) || error.code !== "visitor_token_invalid") throw error;
			if (this.wire.token === token) await this.renew();
			await this.ensure();
			return call();
		}
	}
	async open() {
		const { locale, name, identity } = this.asked;
		const who = identity ? await identity() : null;
		const begin = (token) => {
			return this.wire.again().open({
				...token ? { visitor_token: token } : {},
				...who ? { identity: who } : {},
				...locale ? { locale } : {},
				...name ? { name } : {}
			});
		};
		let session = await begin(this.wire.token || await this.storage.get(this.key) || "");
		if (identity && !who && session.external_id) {
			this.wire.token = session.visitor_token;
			await this.end();
			session = await begin("");
		}
		this.wire.token = session.visitor_token;
		await this.storage.set(this.key, session.visitor_token);
		await this.opened(session);
	}
};
// src/chat.ts
var pageSize = 50;
var typingShown = 6e3;
var typingTold = 2500;
/**
* A chat. Make one, `subscribe`, `start`. Nothing is asked of the hub before
* `start`, and the visitor is nobody's contact before they write.
*/
var Chat = class {
	options;
	current = nothing;
	listeners = /* @__PURE__ */ new Set();
	wire;
	visit;
	outbox;
	sender;
	messages = [];
	before = null;
	cursor = "";
	seen = "";
	readTo = "";
	readTold = "";
	run = 0;
	aborter = null;
	wake = null;
	attempt = 0;
	heldBack = 0;
	typingTimer = null;
	typedAt = 0;
	constructor(options) {
		this.options = options;
		this.wire = new Wire(options.hub, options.channel, options.fetch ?? platformFetch);
		const storage = options.storage ?? memory();
		this.visit = new Visit(this.wire, storage, `threadhub.${options.channel}.token`, options, (session) => this.opened(session), () => this.cursor = "");
		this.outbox = new Outbox(storage, `threadhub.${options.channel}.outbox`);
		this.sender = new Sender(this.outbox, {
			post: (draft) => this.visit.authorized(() => this.wire.post(draft)),
			may: () => this.run % 2 === 1,
			changed: () => this.refresh(),
			sent: () => this.posted(),
			backoff: this.backoff
		});
	}
	get state() {
		return this.current;
	}
	/** Calls listen with each new state until the answer is called. */
	subscribe(listen) {
		this.listeners.add(listen);
		return () => void this.listeners.delete(listen);
	}
	/** Tells whether an earlier visit left a token: there may be something to read. */
	async visitedBefore() {
		return this.visit.left();
	}
	/** Reads the chat's looks and bounds, without opening a session. */
	async configure() {
		const config = await this.wire.config();
		this.set({ config });
	}
	/** Opens the session, reads what was said and follows what comes, until `stop`. Does nothing when it is started. */
	start() {
		if (this.run % 2 === 1) return;
		this.run++;
		this.set({ line: this.current.loaded ? "lost" : "connecting" });
		this.keep(this.run);
	}
	/** Ends the connection; `start` goes on where it ended. For a tab or an app that nobody looks at. */
	stop() {
		if (this.run % 2 === 0) return;
		this.run++;
		this.aborter?.abort();
		this.wake?.();
		this.sender.hurry();
		this.set({
			line: "idle",
			typing: null
		});
	}
	/** Tries again at once. To be called when the platform says that there is a network, or somebody looks again. */
	hurry() {
		this.attempt = 0;
		this.wake?.();
	}
	/** Drops the connection, which then comes back by itself. To be called when the platform says that there is no network: it would take long to be noticed. */
	cut() {
		this.aborter?.abort();
	}
	/** Writes. The message is shown at once, kept until the hub has it, and sent once. Answers its client id. */
	send(writing) {
		const page = this.options.page?.();
		const draft = {
			client_id: newID(),
			...writing.text ? { text: writing.text } : {},
			...writing.files?.length ? { attachment_ids: writing.files.map((f) => f.id) } : {},
			...writing.postback ? { postback: writing.postback } : {},
			...writing.location ? { location: writing.location } : {},
			...writing.replyTo ? { reply_to: writing.replyTo } : {},
			...page ? { page } : {}
		};
		this.sender.put({
			draft,
			files: writing.files ?? [],
			at: (/* @__PURE__ */ new Date()).toISOString()
		});
		this.start();
		this.read();
		return draft.client_id;
	}
	/** Sends a message again that failed. */
	retry(clientID) {
		const found = this.outbox.list.find((p) => p.draft.client_id === clientID);
		if (!found) return;
		const { problem: _, ...again } = found;
		this.sender.put(again);
		this.hurry();
	}
	/** Drops a message that is not sent. */
	discard(clientID) {
		this.outbox.remove(clientID).then(() => this.refresh());
		this.refresh();
	}
	/** Hands a file over; its answer goes into `send`. Rejects with Refused or Unreachable. */
	async upload(name, body) {
		return this.visit.authorized(() => this.wire.upload(name, body));
	}
	/** Tells that the visitor is typing; may be called with each key. */
	typing() {
		const now = Date.now();
		if (this.current.line !== "live" || now - this.typedAt < typingTold || !this.current.conversation) return;
		this.typedAt = now;
		this.wire.typing().catch(() => void 0);
	}
	/** Tells that the visitor has looked at everything that is here. */
	read() {
		const latest = this.messages.findLast((m) => m.author.type !== "visitor");
		if (!latest || latest.id === this.readTo) return;
		this.readTo = latest.id;
		this.refresh();
		this.tellRead();
	}
	/** Reads the page of messages before those that are here. */
	async loadEarlier() {
		if (!this.before) return;
		const page = await this.visit.authorized(() => this.wire.messages({
			before: this.before ?? "",
			limit: pageSize
		}));
		this.before = page.before;
		this.messages = merge(page.data, this.messages);
		this.refresh();
	}
	/** Ends the chat: what is written next begins another conversation. */
	async end() {
		await this.visit.authorized(() => this.wire.event("chat_ended"));
	}
	/** Tells which page the visitor looks at. Nothing is kept of visitors who never wrote. */
	async viewPage(page) {
		if (this.current.conversation) await this.visit.authorized(() => this.wire.event("page_view", page));
	}
	/** Opens the session anew, for a user whom the site vouches for, or who just signed out of the site. */
	async identify(identity) {
		this.options.identity = identity;
		if (!this.current.visitorID && this.run % 2 === 0) return;
		await this.visit.begin();
		this.cursor = "";
		this.aborter?.abort();
		this.hurry();
	}
	/** Ends the session everywhere: whoever writes next from here is another visitor. */
	async signOut() {
		this.stop();
		delete this.options.identity;
		this.forget();
		await this.outbox.clear();
		await this.visit.end();
	}
	/** Keeps the chat connected until another loop, or none, is in charge. */
	async keep(run) {
		await this.outbox.load();
		this.refresh();
		while (this.run === run) {
			let wait = 0;
			try {
				await this.visit.ensure();
				if (!this.cursor) await this.load();
				if (this.run !== run) return;
				this.sender.flush();
				await this.listen(run);
			} catch (error) {
				if (this.run !== run) return;
				wait = await this.trouble(error);
			}
			if (this.run !== run) return;
			if (wait > 0) await this.pause(wait);
		}
	}
	/** Says what becomes of an error, and how long to wait. */
	async trouble(error) {
		if (error instanceof Refused && error.code === "visitor_token_invalid") {
			await this.visit.renew();
			return this.attempt++ > 0 ? this.step() : 0;
		}
		if (error instanceof Refused && !error.passing) {
			this.set({
				line: "refused",
				problem: error.problem,
				typing: null
			});
			return this.backoff.most * 2;
		}
		if (error instanceof HeldBack) this.heldBack++;
		this.set({
			line: this.current.loaded || this.current.line === "lost" ? "lost" : "connecting",
			typing: null
		});
		if (this.attempt > 0) this.set({ line: "lost" });
		const asked = error instanceof Refused && error.retryAfter ? error.retryAfter * 1e3 : 0;
		return Math.max(asked, this.step());
	}
	get backoff() {
		return this.options.backoff ?? {
			first: 1e3,
			most: 3e4
		};
	}
	/** How long to wait before the next attempt: longer each time, and nobody at the same moment. */
	step() {
		return Math.min(this.backoff.most, this.backoff.first * 2 ** this.attempt++) * (.75 + Math.random() / 2);
	}
	pause(ms) {
		return new Promise((resolve) => {
			const timer = later(resolve, ms);
			this.wake = () => {
				drop(timer);
				resolve();
			};
		});
	}
	/** Follows the stream, or asks for news, until that ends. */
	async listen(run) {
		if (this.streams) {
			this.aborter = newAborter();
			const opened = () => {
				this.heldBack = 0;
				this.connected();
			};
			await follow(this.wire, this.cursor, this.aborter, opened, (e) => this.take(e));
			if (this.run === run) await this.pause(this.backoff.first / 2);
			return;
		}
		for (;;) {
			await this.poll();
			this.connected();
			await this.pause(this.options.pollEvery ?? 4e3);
			if (this.run !== run || !this.cursor) return;
		}
	}
	get streams() {
		return (this.options.stream ?? canStream()) && this.heldBack < 2;
	}
	connected() {
		this.attempt = 0;
		this.set({
			line: "live",
			problem: null
		});
		this.tellRead();
		this.sender.hurry();
		this.sender.flush();
	}
	/** Asks for what came since. */
	async poll() {
		for (let more = true; more;) {
			const page = await this.wire.messages({
				after: this.cursor,
				limit: pageSize
			});
			this.cursor = page.cursor;
			more = page.more;
			this.learn(page.data, page.conversations);
			if (page.read_up_to) this.looked(page.read_up_to);
		}
	}
	/** Works a session in that was opened. */
	async opened(session) {
		const before = this.current;
		if (before.visitorID && before.visitorID !== session.visitor_id) {
			this.forget();
			if (before.externalID) await this.outbox.clear();
		}
		this.set({
			visitorID: session.visitor_id,
			externalID: session.external_id,
			config: session.config,
			conversation: session.conversation,
			problem: null
		});
	}
	/** Forgets everything of a visitor. */
	forget() {
		this.messages = [];
		this.sender.accepted.clear();
		this.before = null;
		this.cursor = this.seen = this.readTo = this.readTold = "";
		this.current = {
			...nothing,
			line: this.current.line,
			config: this.current.config
		};
		this.refresh();
	}
	/** Reads the latest messages. */
	async load() {
		const page = await this.wire.messages({ limit: pageSize });
		this.cursor = page.cursor;
		this.before = page.before;
		this.messages = merge([], page.data);
		if (page.read_up_to) this.seen = page.read_up_to;
		this.set({ loaded: true });
		this.learn([], page.conversations);
	}
	learn(news, conversations) {
		if (news.length) this.messages = merge(this.messages, news);
		for (const m of news) if (m.client_id) this.sender.arrived(m.client_id);
		const latest = this.messages.at(-1)?.conversation_id;
		const conversation = conversations?.find((c) => c.id === latest) ?? conversations?.at(-1);
		if (conversation) this.set({ conversation });
		this.refresh();
	}
	take(e) {
		if (e.id) this.cursor = e.id;
		const data = e.data ? JSON.parse(e.data) : {};
		switch (e.name) {
			case "message.created":
				this.created(data);
				break;
			case "message.updated":
				this.messages = merge(this.messages, [data]);
				break;
			case "message.deleted":
				this.messages = alter(this.messages, String(data["id"]), deletion((/* @__PURE__ */ new Date()).toISOString()));
				break;
			case "message.status":
				this.messages = alter(this.messages, String(data["id"]), { status: data["status"] });
				break;
			case "read":
				this.looked(String(data["up_to"]));
				break;
			case "typing":
				this.showTyping(data["author"].name ?? "");
				break;
			case "agent.joined":
				this.set({ agent: data["author"].name });
				break;
			case "conversation.closed":
				this.set({
					conversation: data,
					typing: null,
					agent: null
				});
				break;
			case "reset":
				this.cursor = "";
				this.aborter?.abort();
				break;
			case "session.revoked": this.visit.renew().then(() => this.aborter?.abort());
		}
		this.refresh();
	}
	created(m) {
		const news = !this.messages.some((known) => known.id === m.id);
		this.messages = merge(this.messages, [m]);
		if (m.client_id) this.sender.arrived(m.client_id);
		if (!news) return;
		this.set({ conversation: {
			id: m.conversation_id,
			state: "open"
		} });
		if (m.author.type === "agent") {
			drop(this.typingTimer);
			this.set({
				typing: null,
				agent: m.author.name ?? this.current.agent
			});
		}
	}
	looked(upTo) {
		const at = (id) => this.messages.findIndex((m) => m.id === id);
		if (at(upTo) < 0 || at(upTo) >= at(this.seen)) this.seen = upTo;
		this.refresh();
	}
	/** A message is kept: the conversation goes on, and without a stream it is time to look. */
	posted() {
		const { conversation } = this.current;
		if (conversation?.state !== "open") this.set({ conversation: {
			id: conversation?.id ?? "",
			state: "open"
		} });
		if (!this.streams) this.hurry();
	}
	showTyping(name) {
		drop(this.typingTimer);
		this.set({
			typing: { name },
			agent: name || this.current.agent
		});
		this.typingTimer = later(() => this.set({ typing: null }), typingShown);
	}
	tellRead() {
		const upTo = this.readTo;
		if (!upTo || upTo === this.readTold || !this.wire.token || this.current.line !== "live") return;
		this.readTold = upTo;
		this.wire.read(upTo).catch(() => {
			if (this.readTold === upTo) this.readTold = "";
		});
	}
	set(change) {
		this.current = {
			...this.current,
			...change
		};
		for (const listen of [...this.listeners]) listen(this.current);
	}
	refresh() {
		const { accepted, sending, stuck } = this.sender;
		const waiting = stuck || this.current.line === "lost";
		this.set({
			entries: entries(this.messages, this.outbox.list, accepted, stuck ? "" : sending, waiting, this.seen),
			hasEarlier: !!this.before,
			unread: unread(this.messages, this.readTo).length
		});
	}
};
export { Chat, Refused, Unreachable, memory };
