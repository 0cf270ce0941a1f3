// Package discord connects a Discord bot: its direct messages over the Gateway
// (package discord/gateway), slash commands, buttons, menus and forms as
// interactions over HTTP or the Gateway, news of the application as webhook
// events, and what is sent through the REST API of version 10.
//
// Source of the platform facts: Discord's developer documentation, as collected
// in platforms/discord; comments name the part of it ("platforms/discord:
// Signature").
//
// Identifiers it mints:
//
//	PeerID      "<user>"         a person, by the id of the account
//	            "dm:<channel>"   the same person, by the channel of the direct
//	                             messages with the bot; always an alias
//	PlatformID  "<message>"      a message, in either direction
//	            "in:<id>"        an interaction, which is no message
//
// A person who uses a command in a server is the same peer as in direct
// messages: the answer goes to where the command was given, seen by that person
// alone, while Discord's token for it is good (15 minutes), and by direct
// message from then on.
//
// Message.Context carries what answering an interaction takes: its token, its
// application and whether it was made in a server.
package discord
