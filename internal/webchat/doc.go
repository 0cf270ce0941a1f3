// Package webchat is the hub as a platform: what visitors of a site talk to.
//
// A visitor has a session, named by a signed token; the contact behind it is
// made with the first message. What visitors do is journalled like any
// platform's webhook and read by the connector (connectors/webchat). What is
// written to them is stored by threading, and they fetch it here: by reading
// or by following a stream. Streams take what they show from the store, and the
// bus only tells them when to look, so that nothing is lost whatever the bus
// forgets, and a stream may be in another process than whoever writes.
package webchat
