// Package config is the hub's settings: what they are called, where they come
// from and what is wrong with them.
//
// A setting is given as a flag, in the environment or in one file; a flag wins
// over the environment, and the environment over the file. Anything that looks
// like a setting and is none is refused with the name of the nearest one, so
// that a slip of the pen does not leave a default in force.
//
// The commands belong to cmd/threadhub. They embed the groups of options they
// need ([Server] has all) and are parsed with [Parse]. docs/config.md is
// generated from the same structs.
package config

//go:generate go run ./gendocs ../../docs/config.md
