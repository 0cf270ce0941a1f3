// Package ident mints the hub's identifiers: a type prefix and a UUIDv7 in
// lower-case base32, so that they sort by the time of their creation.
package ident

import (
	"encoding/base32"
	"time"

	"github.com/google/uuid"
)

// encoding keeps the order of the bytes it encodes.
var encoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// New mints an identifier such as "cv_06hq…". Those minted by one process are
// strictly increasing.
func New(prefix string) string {
	id := uuid.Must(uuid.NewV7())
	return prefix + "_" + encoding.EncodeToString(id[:])
}

// Earliest is before every identifier that New mints from the millisecond of
// the time on, and after all that it minted before.
func Earliest(prefix string, at time.Time) string {
	var id [16]byte
	ms := uint64(max(at.UnixMilli(), 0))
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	return prefix + "_" + encoding.EncodeToString(id[:])
}
