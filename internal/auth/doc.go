// Package auth knows who calls the hub and what they may do: API tokens, the
// agents that tokens act as, the groups agents belong to, and how agents sign
// in: passwords, sessions, links to set a password.
//
// The secret of a token, a session or a link is 256 random bits and only its
// SHA-256 is stored, so it can neither be guessed nor read back. The hash is
// looked up as it is: what a comparison's timing could tell about it is of no
// use without its preimage. Passwords are hashed with argon2id.
package auth

import "errors"

// ErrUnauthenticated is answered for a token that is missing, unknown, expired
// or revoked. It does not say which.
var ErrUnauthenticated = errors.New("no valid token")

// InvalidError is input that cannot be stored because of one field. Nothing
// was changed.
type InvalidError struct{ Field, Message string }

// Error names the field and what is wrong with it.
func (e *InvalidError) Error() string { return e.Field + ": " + e.Message }
