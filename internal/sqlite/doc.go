// Package sqlite keeps all of the hub's data in two SQLite files of one
// directory: journal.db holds accepted webhooks, threadhub.db everything else.
// They are apart so that a long commit of conversations never delays the
// synced write that a platform's webhook waits for.
//
// One process owns the directory. Therefore leases live in memory, where a
// restart frees them, the order of the outbox is kept there beside its rows,
// and nobody outside the process needs to be told about commits.
//
// Each file has one writer, which commits whatever is waiting in one
// transaction. It is synced while the writer goes on with the next, and before
// anybody is answered. Readers of its own see the latest commit and never wait
// for the writer, at most for that sync.
package sqlite
