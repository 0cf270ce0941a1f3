// Package wechat connects a WeChat Official Account (公众号) through its messages
// and the customer service API.
//
// Source of the platform facts: the documentation of WeChat's open platform, as
// collected in platforms/wechat; comments name the part of it
// ("platforms/wechat: signature").
//
// Identifiers it mints:
//
//	PeerID      the OpenID, which is another one at each Official Account;
//	            "unionid:<id>" is an alias that a profile may tell
//	PlatformID  "<digits>"  a message that came in, or a template that went out
//	            "evt:…"     the choice of a menu, which is no message of its own
//	            "out:<hub's message id>:<n>"  a message that went out: WeChat
//	            gives it no id, so the hub's own stands for it
//
// Plain webhooks are signed without their body: whoever sees one can send others
// with its signature for five minutes. With an EncodingAESKey only encrypted
// ones are taken, whose content is proved.
//
// WeChat says nothing about what became of customer service messages, and has
// neither edits nor reactions. Their number is bound as well as their time: five
// within 48 hours of a person's message, three within a minute of a menu's
// choice, of following and of a scanned code. Only the first is the channel's
// reply window; the others show as a refusal with reason "window".
package wechat
