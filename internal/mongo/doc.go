// Package mongo keeps everything the hub stores in MongoDB, or in a server
// that speaks its protocol.
//
// # What it relies on
//
// Single documents change atomically and unique indexes hold: nothing else.
// There are no transactions, no partial or TTL indexes and no pipeline updates;
// find-and-modify saves a command where one entry is claimed, and is done
// without where a server does not know it. E11000, a duplicate key, always means
// that somebody else did it first.
//
// # How a commit survives a crash
//
// A change of a conversation touches several collections. Its conversation's
// document is the commit record:
//
//   - First one compare-and-set on the version replaces the conversation and
//     puts the messages, log lines and deliveries of the change under
//     "pending", in the same document. From here on the commit has happened.
//   - Then the pending rows are written to their collections. Each has a
//     unique key, so that writing it again changes nothing.
//   - Then they are taken out of "pending", by version, so that those of a
//     newer commit stay.
//
// Whoever loads a conversation with pending rows carries out the second and
// third step before handing it on. So no reader sees a conversation without
// its messages, whatever moment a writer died at.
//
// A follow-up first marks its predecessor with its own id (compare-and-set)
// and is then inserted; a unique index on slot and ordinal lets only one in.
// "current" names the newest conversation of a slot. It leaves the predecessor
// only after the new one has it, so that one find answers the newest ones,
// between the two writes as well.
//
// A delivery may be written out once more after it was carried out and
// removed. The message remembers that its delivery ended ("settled"), and
// claiming drops such a row.
//
// # Sharding
//
// Conversations, deliveries and lanes are made to be sharded by slot or lane
// (channel and contact); messages by channel and key, journal entries and
// parked events by channel: these lead their unique or busiest indexes.
package mongo
