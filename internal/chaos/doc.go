// Package chaos drives a built hub from outside through faults and holds what
// it did to its promises (docs/chaos.md). It plays the platforms, the agents and
// a subscriber, and keeps a ledger of what each of them was promised or given.
// At the end the ledgers and what the API shows have to agree: nothing that was
// accepted is lost or doubled, nothing was sent twice, every event was told.
//
// It is shared by cmd/chaos and the tests of cmd/threadhub.
package chaos
