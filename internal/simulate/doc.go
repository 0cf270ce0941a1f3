// Package simulate plays social platforms: it answers the API calls a hub
// makes and sends the signed webhooks that customers' messages and receipts
// cause. It serves the demo, the tests and the fault program.
//
// [Server] is the platforms' API side, one [Platform] per kind behind one
// address. [Traffic] is the customers' side: invented people who hold short
// dialogues (dialogues/*.txt). Both meet the hub over HTTP alone, so that any
// hub can be driven. [Run] and [Demo] put the two together.
//
// A new platform is one file with a type that implements [Platform] and one
// line in the list that [Open] reads.
package simulate
