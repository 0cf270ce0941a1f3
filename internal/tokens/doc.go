// Package tokens carries connectors' calls with what they need beyond the
// connector: an access token that the hub keeps and renews, and a signature.
//
// A [Keeper] stands between whoever makes a call and internal/egress. A token
// is kept sealed in the store, one record per channel, and got by one process
// at a time: whoever wants a new one first takes a lease on the record by
// compare-and-set, and only then uses the credentials, read afresh, for a
// refresh token may be good for one use. Credentials that the answer replaced
// are kept durably before the new token is.
//
// A token is renewed before it ends, once when a call's answer says that it is
// stale, and by [Keeper.Run] where nothing is being sent, since refresh tokens
// end too when nobody uses them. A platform that hands out none is left alone
// for a time that grows; meanwhile a token that is still good is used, and
// without one calls fail with an [Error] that says when to come back. One that
// refuses the credentials suspends the channel.
package tokens
