// Package seal keeps credentials at rest: AES-256-GCM under a master key that
// the store never sees.
//
// A sealed value names the key it was sealed with and opens only at the place
// it was sealed for (a channel and a field), so that ciphertext swapped between
// records does not open. Several keys may be held at once: the active one
// seals, all of them open, and values sealed with another than the active one
// are recognised, so that a key can be replaced while the hub runs.
package seal
