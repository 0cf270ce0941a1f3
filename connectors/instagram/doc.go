// Package instagram connects the direct messages of a professional Instagram
// account, whether it is logged in by itself or linked to a Facebook Page. What
// it shares with Messenger is in package messaging; here are the account's own
// form, limits and way of being connected.
//
// Facts about the platform are from Meta's Instagram messaging documentation;
// comments name its sheet ("platforms/instagram: section 3").
package instagram
