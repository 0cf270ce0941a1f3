package simulate

import (
	"net/http"
	"time"
)

// Fault is how a call goes wrong. The zero value is no fault at all.
type Fault struct {
	// Delay passes before anything else happens.
	Delay time.Duration
	// Accept carries the call out, although the answer will not tell.
	Accept bool
	// Hang never answers: the call ends when the caller gives up or the
	// server closes.
	Hang bool
	// Reset cuts the connection instead of answering.
	Reset bool
	// Status, Header and Body are answered in place of the platform's own,
	// when Status is set.
	Status int
	Header http.Header
	Body   []byte
	// Drip is the pause after each byte of the answer's body.
	Drip time.Duration
}

// Slow answers as the platform would, only later.
func Slow(d time.Duration) *Fault { return &Fault{Delay: d} }

// Refuse answers with a status and a body and does nothing else.
func Refuse(status int, body string) *Fault {
	return &Fault{Status: status, Body: []byte(body)}
}

// Hang accepts nothing and never answers.
func Hang() *Fault { return &Fault{Hang: true} }

// LostAnswer carries the call out and cuts the connection: the caller cannot
// know that it worked.
func LostAnswer() *Fault { return &Fault{Accept: true, Reset: true} }

// Garbage carries the call out and answers 200 with something that is not the
// platform's.
func Garbage() *Fault {
	return &Fault{Accept: true, Status: http.StatusOK, Body: []byte("<html>it works</html>")}
}
