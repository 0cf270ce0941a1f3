// Package conntest is the conformance suite that every connector passes. A
// connector's own test calls it in a few lines:
//
//	func suite() conntest.Suite {
//		return conntest.Suite{Kind: viber.Kind(), Config: config(), Cases: "../../testdata/viber", Sign: sign, SignsBody: true}
//	}
//
//	func TestConformance(t *testing.T) { conntest.Run(t, suite()) }
//	func FuzzParse(f *testing.F)       { conntest.FuzzParse(f, suite()) }
//	func FuzzVerify(f *testing.F)      { conntest.FuzzVerify(f, suite()) }
//
// What goes in and what must come out is one text file per case under Cases, so
// that adding a case needs no Go. Run the test with -update to write the
// expected half of every file anew, and read the difference before keeping it.
//
// # Incoming: in/<case>.txt
//
// A comment says what the case shows, the HTTP request follows, then what it
// must become: "-- events --" (indented JSON), "-- error --" (Parse's error) or
// "-- reply --" (the answer to a handshake). The suite signs the request itself.
// Calls that a Follower makes for the events stand under "-- follow --". A case
// with the header X-Threadhub-Stream is what a connection brought
// ([connectors.Streamed]); the suite checks that Verify refuses it as a webhook.
//
//	# A customer writes plain text.
//	POST /webhooks/ch_1
//	Content-Type: application/json
//
//	{"update_id": 1, ...}
//	-- events --
//	[
//	  {"key": "msg:1:2", ...}
//	]
//
// On platforms that write a secret into the body and sign nothing
// ([Suite.SecretInBody]) the body holds it as {name}.
//
// # Outgoing: out/<case>.txt
//
// After the comment, the first section names the operation and holds its input
// as JSON, "-- answer --" sections script what the platform answers (status,
// headers, blank line, body), and the rest is expected: each call
// ("-- call --") with its verdict ("-- outcome --"), what a profile held
// ("-- peer --"), "-- nothing --" where there is no call to make, or "-- error --".
//
//	# Plain text is one call.
//	-- outbound --
//	{"id": "msg_1", "to": {"id": "1"}, "parts": [{"type": "text", "text": "hi"}]}
//	-- answer --
//	200
//	Content-Type: application/json
//
//	{"ok": true, ...}
//	-- call --
//	...
//
// A connector of a channel that is read at the hub ([connectors.Local]) makes no
// calls: its cases end in the ids of the message ("-- stored --").
//
// The operations are outbound (a normalize.Outbound, driven through Next and
// Classify until it is out, refused, or the answers are used up after a verdict
// of retry or wait), react ({"to", "target", "emoji"}), typing and read (a
// normalize.Outbound), subscribe (the webhook's address as a JSON string),
// check (null), media (a normalize.Attachment), profile (a peer id as a JSON
// string) and token ({"now": time}, see below). A retry goes to the Alias that a verdict named. Credentials are written in calls as {name}, never by their value.
//
// Calls stand there as they leave the hub: after Authorize, with a token written
// as {access token}, and after Sign, at a fixed time and with a fixed nonce, so
// that a signature is golden too. A call's [connectors.Upload] follows it as
// lines that begin with "upload". An outcome with StaleToken is answered by the
// next scripted answer, as for any retry: a case of it shows the call twice.
//
// A case of the operation token goes through TokenCall and ReadToken. A second
// "-- token --" section says what the answer held: how long the token is good
// for and which credentials it replaced, without their values. An answer that
// holds none ends in "-- error --" and what Classify makes of it. Every
// connector with TokenCall needs one case that gets a token.
//
// # Conventions
//
// Some checks look for a case by what it shows: at least one incoming case must
// end in an Unknown event; on platforms that put several events into one
// webhook ([Suite.Batches]), a case named poison* must hold an item that cannot
// be read beside one that can; every event type in Capabilities.Inbound, and
// every status in Capabilities.Receipts, must come up in some case.
//
// # Every kind of message: carriage.txt
//
// Beside in/ and out/ stands what becomes of each kind of message there is (text,
// media, places, cards, buttons, lists, templates): what is lost on this platform
// and why, or that it is refused, and the first call of each part. It is written
// by -update alone.
package conntest
