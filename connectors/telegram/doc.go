// Package telegram connects a Telegram bot through the Bot API 10.1, and the
// business accounts that the bot is connected to.
//
// Source of the platform facts: core.telegram.org/bots/api and the official
// Bot API server (tdlib/telegram-bot-api).
//
// Identifiers it mints:
//
//	PeerID      "<chat>"                a private chat or group with the bot
//	            "<chat>@<connection>"   a chat of a connected business account
//	PlatformID  "<chat>:<message>"      a message; message ids are per chat
//	            "<chat>:<message>@<connection>"
//	            "cb:<callback>"         the press of an inline button
//
// The same person writing to the bot and to a business account is two peers:
// the two chats are answered in different ways and must not be mixed up. A
// business account that connects the bot anew gets a new connection, and so its
// chats new peers.
//
// Message.Context carries "message_thread_id" (the topic of a forum) and
// "business_connection_id"; both go back with every answer.
package telegram
