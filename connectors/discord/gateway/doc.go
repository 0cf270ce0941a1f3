// Package gateway is a client of Discord's Gateway, the connection over which a
// bot hears of direct messages. It speaks the protocol over a socket and with
// calls that its host carries out; it opens no connection itself.
//
// What it promises: a dispatch counts as received, for Discord and for the
// state that a later run goes on from, only after the host has made it durable.
// One that was not is sent again by Discord when the session is resumed. When a
// session cannot be resumed, the messages of the gap are fetched for the direct
// messages that the client knows of.
//
// Source of the platform facts: Discord's developer documentation, as collected
// in platforms/discord: Gateway essentials.
package gateway
