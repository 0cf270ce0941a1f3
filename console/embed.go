// Package console is the web console: its pages as they were built from src/
// and committed to dist/, and the handler that serves them. Who builds the hub
// needs nothing but Go.
package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed all:dist
var built embed.FS

// Path is where the console is served; its pages know it.
const Path = "/console/"

const (
	// policy lets pages run and load what is served here and nothing else. No
	// script is written into a page and no text becomes HTML.
	policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; " +
		"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"
	// permissions are none: the console asks for no camera, no place.
	permissions = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
	// named marks files whose name holds their sum: another content has another
	// name.
	named = "assets/"
)

// file is what is answered for one address.
type file struct {
	content            []byte
	kind, tag, caching string
	// compressed is the content gzipped, nil where that saves nothing. It is
	// made when it is first asked for: many a hub is started and never looked
	// at.
	compressed func() []byte
}

// Handler serves the console below [Path]: files as they are, and the page
// itself for every place in the console. It is safe for concurrent use.
func Handler() (http.Handler, error) {
	files := map[string]file{}
	err := fs.WalkDir(built, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := built.ReadFile(name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "dist/")
		files[name] = newFile(name, content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if _, ok := files["index.html"]; !ok {
		return nil, fmt.Errorf("console: dist has no index.html; run make console")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(files, w, r) }), nil
}

func newFile(name string, content []byte) file {
	sum := sha256.Sum256(content)
	f := file{
		content: content, kind: mime.TypeByExtension(path.Ext(name)), caching: "no-cache",
		compressed: sync.OnceValue(func() []byte { return compress(content) }),
	}
	f.tag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
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
	if strings.HasPrefix(name, named) {
		f.caching = "public, max-age=31536000, immutable"
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

func serve(files map[string]file, w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, strings.TrimSuffix(Path, "/")), "/")
	f, ok := files[name]
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Permissions-Policy", permissions)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if !ok && (strings.HasPrefix(name, named) || path.Ext(name) != "") {
		// A file of an older build: its page asks for it anew when told.
		http.Error(w, "there is no such file; reload the page", http.StatusNotFound)
		return
	}
	if !ok {
		f = files["index.html"]
	}
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
