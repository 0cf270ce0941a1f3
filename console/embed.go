// Package console is the web console: its pages as they were built from src/
// and committed to dist/, and the handler that serves them. Who builds the hub
// needs nothing but Go.
package console

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"threadhub/internal/webfiles"
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

// Handler serves the console below [Path]: files as they are, and the page
// itself for every place in the console. It is safe for concurrent use.
func Handler() (http.Handler, error) {
	files := map[string]*webfiles.File{}
	err := fs.WalkDir(built, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := built.ReadFile(name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "dist/")
		files[name] = webfiles.New(name, content, caching(name))
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

// caching is how long a file may be kept without asking.
func caching(name string) string {
	if strings.HasPrefix(name, named) {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

func serve(files map[string]*webfiles.File, w http.ResponseWriter, r *http.Request) {
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
	f.ServeHTTP(w, r)
}
