// Package messaging is the connector of the platforms that speak Meta's
// Messenger Platform: Pages on Messenger, and professional accounts on
// Instagram. Both deliver the same webhooks and take the same calls; what sets
// them apart is in [Dialect], and each has its own Kind beside this package.
//
// Three things shape it. One app secret signs for every Page or account of the
// app, so that events name the account they are for. A webhook is a batch in
// which anything may be of a kind nobody has seen yet, so that each item is
// decoded by itself and what cannot be read becomes an Unknown event beside its
// neighbours. And everything that is sent comes back as an echo, from whatever
// app it was sent, which is how answers written in the platform's own inbox are
// known.
//
// Facts are from Meta's documentation; comments name the platform's sheet
// ("platforms/messenger: section 3").
package messaging
