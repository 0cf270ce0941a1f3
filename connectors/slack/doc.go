// Package slack connects a bot in one Slack workspace: direct messages and
// channels through the Events API, buttons and menus through interactivity, and
// slash commands. All three may be pointed at the same address.
//
// A channel of the hub is one workspace, whose bot token it holds. Slack's user
// ids are unique there and stand for people as they are; a message is named by
// its channel and its ts, which is text and never a number.
package slack
