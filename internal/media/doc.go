// Package media keeps the files of messages: those that customers send, fetched
// from the platform when somebody wants to see them or before the platform
// drops them, and those that agents upload, handed to platforms under an
// address that cannot be guessed and ends.
//
// Everything is in one store of files (a directory or a bucket) and nothing in
// the database: a file under the SHA-256 of its bytes, and small notes that say
// which attachment or upload it is. What was fetched from a platform is a copy,
// which goes when the room is used up, oldest use first, and is fetched again
// when it is asked for.
package media
