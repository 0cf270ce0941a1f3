// Package meta is what the platforms of Meta's Graph API have in common: how a
// webhook is signed and its address proved, how a call is addressed and
// authorised, and how an answer without a familiar error code is read.
//
// Facts are from Meta's documentation of webhooks and of the Graph API;
// comments name the part of it.
package meta
