package egress

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"threadhub/connectors"
)

// reusedUploads is how many answers to uploads are kept: each is a name that a
// platform gave to a file, a few hundred bytes.
const reusedUploads = 4096

// reused are the answers to uploads whose files platforms still have, by what
// was uploaded and where: a picture that goes to a thousand customers is
// uploaded once. It is safe for concurrent use.
type reused struct {
	mu      sync.Mutex
	answers *simplelru.LRU[uploadKey, reusedAnswer]
}

// uploadKey is the sum of a file and of everything that is said of it.
type uploadKey [sha256.Size]byte

type reusedAnswer struct {
	answer connectors.Response
	until  time.Time
}

func newReused() *reused {
	// The only error is for a size below 1.
	answers, _ := simplelru.NewLRU[uploadKey, reusedAnswer](reusedUploads, nil)
	return &reused{answers: answers}
}

// keyOf reads the file. Credentials have no part in the key, since they change
// while the file stays where it is.
func keyOf(t Target, call *connectors.Call, f *File) (key uploadKey, err error) {
	h := sha256.New()
	up := call.Upload
	_, _ = fmt.Fprintf(h, "%q %q %q %q %q %q %q ", t.Channel, call.Name, t.Redactor.String(call.URL), up.Field, up.Name, up.MIME, up.Fields)
	if _, err = io.Copy(h, f.Open()); err == nil {
		h.Sum(key[:0])
	}
	return key, err
}

func (r *reused) get(key uploadKey, now time.Time) (*connectors.Response, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	have, ok := r.answers.Get(key)
	if !ok || !now.Before(have.until) {
		return nil, false
	}
	answer := have.answer
	answer.Header, answer.Body = answer.Header.Clone(), bytes.Clone(answer.Body)
	return &answer, true
}

// put keeps the answer, if it names the file.
func (r *reused) put(key uploadKey, again connectors.Reuse, answer *connectors.Response, now time.Time) {
	if !names(answer, again.Name) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers.Add(key, reusedAnswer{
		connectors.Response{Status: answer.Status, Header: answer.Header.Clone(), Body: bytes.Clone(answer.Body)}, now.Add(again.For),
	})
}

// names tells whether the answer has something at the path, steps of a JSON
// object with dots between.
func names(answer *connectors.Response, path string) bool {
	if answer.Status < 200 || answer.Status > 299 {
		return false
	}
	var at any
	d := json.NewDecoder(bytes.NewReader(answer.Body))
	d.UseNumber()
	if d.Decode(&at) != nil {
		return false
	}
	for step := range strings.SplitSeq(path, ".") {
		object, _ := at.(map[string]any)
		at = object[step]
	}
	return at != nil && at != ""
}
