// Package profiles keeps what the hub shows of contacts up to date: it asks
// platforms who they are, and has conversations show what became of their names.
// All of it happens in the background and never delays a message.
package profiles
