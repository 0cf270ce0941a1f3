// Package messenger connects a Facebook Page on Messenger. What it shares with
// Instagram is in package messaging; here are the Page's own form, limits and
// way of being connected.
//
// Facts about the platform are from Meta's Messenger Platform documentation;
// comments name its sheet ("platforms/messenger: section 4").
package messenger
