// Package webfiles serves files that are part of the program: compressed for
// whoever takes that, and not sent again to whoever has them.
package webfiles

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

// File is what is answered for one address. It is safe for concurrent use.
type File struct {
	content            []byte
	kind, tag, caching string
	// compressed is the content gzipped, nil where that saves nothing. It is
	// made when it is first asked for: many a hub is started and never looked
	// at.
	compressed func() []byte
}

// New makes a file. The name's ending tells its type; caching is its
// Cache-Control.
func New(name string, content []byte, caching string) *File {
	sum := sha256.Sum256(content)
	f := &File{
		content: content, kind: mime.TypeByExtension(path.Ext(name)), caching: caching,
		tag:        `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
		compressed: sync.OnceValue(func() []byte { return compress(content) }),
	}
	switch path.Ext(name) { // the machine's table may say otherwise
	case ".html":
		f.kind = "text/html; charset=utf-8"
	case ".js":
		f.kind = "text/javascript; charset=utf-8"
	case ".css":
		f.kind = "text/css; charset=utf-8"
	case ".svg":
		f.kind = "image/svg+xml"
	}
	return f
}

// compress answers the content gzipped, nil where that saves nothing.
func compress(content []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	_, err = z.Write(content)
	if err = errors.Join(err, z.Close()); err != nil || b.Len() >= len(content)*9/10 {
		return nil
	}
	return b.Bytes()
}

// ServeHTTP implements [http.Handler] for GET and HEAD.
func (f *File) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", f.caching)
	h.Set("ETag", f.tag)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), f.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.content
	if accepts(r.Header.Get("Accept-Encoding"), "gzip") {
		if smaller := f.compressed(); smaller != nil {
			h.Set("Content-Encoding", "gzip")
			body = smaller
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client has gone
	}
}

// accepts tells whether an Accept-Encoding names a coding and does not refuse it.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}
