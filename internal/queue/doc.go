// Package queue is the hub's doorbell: asynq on Redis, or on a Redis of its own
// inside the process.
//
// The store is the truth. What is to be done stands there, with its leases and
// its due times; the queue only tells workers to look. So a ring carries
// nothing but a name, rings are merged freely, a handler works until the store
// has nothing left for it, and Redis may be stopped, frozen or wiped at any
// moment: what is lost is a little time, until the next ring or until the
// workers' sweeper looks by itself.
//
// What a ring promises, as long as Redis works and some process handles the
// name: the handler starts to run at least once after the ring. A ring whose
// enqueueing fails is tried again until it succeeds or the process ends.
package queue
