package chaos

import (
	"hash/fnv"
	"io"
	"net/http"
	"time"
)

// Fault is how a platform treats the first call with a text. The next ones are
// answered as they should be.
type Fault string

// The faults that a platform can show.
const (
	NoFault     Fault = "none"
	ServerError Fault = "500"
	Throttled   Fault = "429 with Retry-After"
	Refused     Fault = "401"
	Hang        Fault = "hang after accepting"
	Drip        Fault = "slow drip"
	Reset       Fault = "reset after accepting"
	Garbage     Fault = "garbage 200"
	Early       Fault = "receipts and echoes before the answer"
)

// Faults are all of them.
func Faults() []Fault {
	return []Fault{NoFault, ServerError, Throttled, Refused, Hang, Drip, Reset, Garbage, Early}
}

// accepts tells whether the message reaches its contact nevertheless.
func (f Fault) accepts() bool { return f != ServerError && f != Throttled && f != Refused }

// retryAfter is what a throttling platform asks for.
const retryAfter = 2 * time.Second

// Script says which fault the first call with a text meets.
type Script func(kind Kind, text string) Fault

// Faultless is a platform at its best.
func Faultless(Kind, string) Fault { return NoFault }

// Always is a platform with one fault.
func Always(f Fault) Script { return func(Kind, string) Fault { return f } }

// Sometimes gives one call in so many a fault, of those given in turns. The same
// seed and text always meet the same one.
func Sometimes(seed uint64, oneIn uint64, faults ...Fault) Script {
	return func(_ Kind, text string) Fault {
		n := mixed(seed, text)
		if n%oneIn != 0 {
			return NoFault
		}
		return faults[n/oneIn%uint64(len(faults))]
	}
}

// mixed is a number that follows from both and looks like any other.
func mixed(seed uint64, text string) uint64 {
	h := fnv.New64a()
	for i := range 8 {
		_, _ = h.Write([]byte{byte(seed >> (8 * i))})
	}
	_, _ = io.WriteString(h, text)
	n := h.Sum64()
	n ^= n >> 33 // its low digits alone follow too closely from the last letters
	n *= 0xff51afd7ed558ccd
	return n ^ n>>33
}

// show lets a call meet its fault; true when that was all there is to answer.
func (p *Platform) show(f Fault, s *sending, w http.ResponseWriter, r *http.Request) bool {
	switch f {
	case ServerError:
		w.WriteHeader(http.StatusInternalServerError)
	case Throttled:
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusTooManyRequests)
	case Refused:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"ok":false,"error_code":401,"description":"Unauthorized","error":{"code":190,"message":"Invalid OAuth access token"}}`)
	case Hang:
		p.hold(r, nil)
	case Drip:
		w.Header().Set("Content-Length", "1000")
		p.hold(r, func() {
			_, _ = io.WriteString(w, "{")
			w.(http.Flusher).Flush()
		})
	case Reset:
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
	case Garbage:
		_, _ = io.WriteString(w, "<html>It works!</html>")
	case Early:
		p.tell(s)
		return false
	default:
		return false
	}
	return true
}

// hold keeps a call until the caller gives up, doing something every second.
func (p *Platform) hold(r *http.Request, meanwhile func()) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-p.closing:
			return
		case <-tick.C:
			if meanwhile != nil {
				meanwhile()
			}
		}
	}
}
